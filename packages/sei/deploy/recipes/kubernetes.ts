/** @file Kubernetes manifests of the hosts that others connect to: a Deployment and a Service each. */
import type { Deployment } from "@split-et-impera/core/deploy";
import { stringify } from "yaml";
import { imageOf } from "./compose.ts";
import { commandOf, headerOf, type RecipeHost } from "./hosts.ts";

/** Where health is told and the Open Inference Protocol spoken. */
const oipPort = 8000;

/** Undefined where nobody connects to a host. */
export function kubernetesFile(deployment: Deployment, hosts: readonly RecipeHost[]): string | undefined {
  const listening = hosts.filter(({ port, captures }) => port !== undefined && !captures);
  if (listening.length === 0) return undefined;
  const documents = listening.flatMap((host) => [workload(deployment, host), service(host)]);
  const secrets = listening.map(
    ({ name, slug }) =>
      `# kubectl create secret generic sei-keys-${slug} --from-file=keys/${name.replaceAll(/\p{C}/gu, " ")}`,
  );
  return `# ${headerOf(deployment)}
# The bundle comes from a volume claim, sei-bundle; the keys from secrets:
${secrets.join("\n")}
${documents.map((document) => stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })).join("---\n")}`;
}

const labelsOf = ({ slug }: RecipeHost): Record<string, string> => ({
  "app.kubernetes.io/name": "split-et-impera",
  "app.kubernetes.io/component": slug,
});

function workload(deployment: Deployment, host: RecipeHost): object {
  const { slug, port, datagrams } = host;
  const paths = { bundle: "/bundle", keys: "/keys", input: "" };
  const args = [...commandOf(host, paths, (name, there) => `${name}:${there}`), "--oip", `0.0.0.0:${oipPort}`];
  const probe = (path: string): object => ({ httpGet: { path, port: "oip", scheme: "HTTPS" } });
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: slug, labels: labelsOf(host) },
    spec: {
      // One connection is to one of them, which holds the datagrams beside it.
      replicas: 1,
      strategy: { type: "Recreate" },
      selector: { matchLabels: labelsOf(host) },
      template: {
        metadata: { labels: labelsOf(host) },
        spec: {
          automountServiceAccountToken: false,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 1000,
            fsGroup: 1000,
            seccompProfile: { type: "RuntimeDefault" },
          },
          containers: [
            {
              name: "sei",
              image: imageOf(deployment),
              // A dollar sign in brackets would be a variable.
              args: args.map((word) => word.replaceAll("$(", "$$$$(")),
              ports: [
                { name: "frames", containerPort: port, protocol: "TCP" },
                ...(datagrams ? [{ name: "datagrams", containerPort: port, protocol: "UDP" }] : []),
                { name: "oip", containerPort: oipPort, protocol: "TCP" },
              ],
              livenessProbe: probe("/v2/health/live"),
              readinessProbe: probe("/v2/health/ready"),
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ["ALL"] },
              },
              volumeMounts: [
                { name: "bundle", mountPath: "/bundle", readOnly: true },
                { name: "keys", mountPath: "/keys", readOnly: true },
                { name: "tmp", mountPath: "/tmp" },
              ],
            },
          ],
          volumes: [
            { name: "bundle", persistentVolumeClaim: { claimName: "sei-bundle", readOnly: true } },
            { name: "keys", secret: { secretName: `sei-keys-${slug}`, defaultMode: 0o440 } },
            { name: "tmp", emptyDir: {} },
          ],
        },
      },
    },
  };
}

function service(host: RecipeHost): object {
  const { slug, port, datagrams } = host;
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: slug, labels: labelsOf(host) },
    spec: {
      selector: labelsOf(host),
      ports: [
        { name: "frames", port, targetPort: "frames", protocol: "TCP" },
        ...(datagrams ? [{ name: "datagrams", port, targetPort: "datagrams", protocol: "UDP" }] : []),
        { name: "oip", port: oipPort, targetPort: "oip", protocol: "TCP" },
      ],
    },
  };
}
