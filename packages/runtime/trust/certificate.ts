/** @file What can be wrong with a certificate, in words. */
import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { ErrorCode } from "@split-et-impera/core/errors";
import type { Status } from "./greeting.ts";

export interface CertificateProblem {
  status: Status;
  code: ErrorCode;
  text: string;
}

/** Whether a certificate is that of a host: exactly this name, as a DNS name of its subjectAltName. */
export function certificateNames(certificate: X509Certificate, host: string): boolean {
  const same = certificate.checkHost(host, { subject: "never", wildcards: false });
  // checkHost compares without regard to case; names of hosts differ by it.
  return same !== undefined && (certificate.subjectAltName ?? "").split(", ").includes(`DNS:${host}`);
}

/** What the dates say against a certificate, by this machine's clock. */
export function dateProblem({ validFrom, validTo }: X509Certificate): CertificateProblem | undefined {
  const now = new Date();
  const clock = `this machine's clock says ${shown(now)}`;
  if (new Date(validTo) < now)
    return { status: "expired", code: "ERR_TRUST_EXPIRED", text: `out of date since ${shown(validTo)} (${clock})` };
  if (new Date(validFrom) > now)
    return { status: "not-yet-valid", code: "ERR_TRUST_NOT_YET", text: `valid from ${shown(validFrom)} on (${clock})` };
  return undefined;
}

const shown = (date: Date | string): string => `${new Date(date).toISOString().slice(0, 16).replace("T", " ")} UTC`;

/** What stands against believing that the other end of a finished TLS handshake is `host`; undefined: it is. */
export function peerProblem(socket: TLSSocket, host: string): CertificateProblem | undefined {
  const certificate = socket.getPeerX509Certificate();
  // A resumed session would be called authorized with no certificate at all.
  if (certificate === undefined || socket.isSessionReused())
    return { status: "no-certificate", code: "ERR_TRUST_KIND", text: "shows no certificate" };
  // What was verified is OpenSSL's word; the dates are looked at to say more.
  if (!socket.authorized) {
    const reason = String(socket.authorizationError);
    const dates = dateProblem(certificate);
    if (dates && /EXPIRED|NOT_YET/.test(reason)) return { ...dates, text: `its certificate is ${dates.text}` };
    const text = `its certificate is of another authority than this host's ca.crt (${reason})`;
    return { status: "unknown-authority", code: "ERR_TRUST_AUTHORITY", text };
  }
  if (certificateNames(certificate, host)) return undefined;
  const text = `its certificate is of ${certificate.subjectAltName ?? "no host"}, expected DNS:${host}`;
  return { status: "other-name", code: "ERR_TRUST_HOST", text };
}
