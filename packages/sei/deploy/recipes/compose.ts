/** @file A Compose file with a service per host, and the image that it builds. */
import type { Deployment } from "@split-et-impera/core/deploy";
import { stringify } from "yaml";
import { commandOf, headerOf, type RecipeHost } from "./hosts.ts";

/** A folder of the machine that is read; unlike in one word, any name may stand there, and a missing one is not made. */
const bind = (source: string, target: string): object => ({ type: "bind", source, target, read_only: true });

/** Triton, for whoever wants it in place of `sei serve`. */
const triton = {
  image: "${TRITON_IMAGE:-nvcr.io/nvidia/tritonserver:25.08-py3}",
  profiles: ["triton"],
  command: ["tritonserver", "--model-repository=/models"],
  volumes: [bind("../triton", "/models")],
  ports: ["127.0.0.1:8000:8000"],
};

export function composeFile(deployment: Deployment, hosts: readonly RecipeHost[]): string {
  const services: Record<string, object> = {};
  for (const host of hosts) {
    const { slug, port, captures, datagrams, dials } = host;
    const paths = { bundle: "/bundle", keys: "/keys", input: "/frames" };
    const alone = port === undefined && dials.length === 0;
    services[slug] = {
      image: imageOf(deployment),
      build: { context: "." },
      command: commandOf(host, paths, (name, there) => `${name}:${there}`).map(plain),
      // Who may read the keys: the user who made them.
      user: "${SEI_USER:-1000:1000}",
      volumes: [
        bind("..", "/bundle"),
        ...(alone ? [] : [bind(`\${SEI_KEYS:-../../keys}/${plain(host.name)}`, "/keys")]),
        ...(captures ? [bind("${SEI_FRAMES:-./frames}", "/frames")] : []),
      ],
      ...(port !== undefined && { ports: [`${port}:${port}`, ...(datagrams ? [`${port}:${port}/udp`] : [])] }),
      ...(dials.length > 0 && { depends_on: dials.map(({ slug: name }) => name) }),
      // Frames of a folder end.
      restart: captures ? "on-failure" : "unless-stopped",
      read_only: true,
      tmpfs: ["/tmp"],
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
    };
  }
  if (hosts.some(({ port }) => port !== undefined)) services["triton"] ??= triton;
  return `# ${headerOf(deployment)}
# docker compose up; SEI_KEYS: the folder of \`sei keys\`; SEI_FRAMES: a folder of pictures to run.
${stringify({ services }, { lineWidth: 0 })}`;
}

export const imageOf = ({ version }: Deployment): string => `split-et-impera:${version}`;

/** Not to be taken for a variable. */
const plain = (word: string): string => word.replaceAll("$", "$$$$");

export const dockerfile = (deployment: Deployment): string => `# ${headerOf(deployment)}
FROM node:24-slim
# The engine's install script would download GPU libraries; the CPU ones are in the package.
ENV ONNXRUNTIME_NODE_INSTALL=skip
RUN npm install --global split-et-impera@${deployment.version} && npm cache clean --force
USER node
ENTRYPOINT ["sei"]
`;
