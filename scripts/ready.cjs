// Makes a fresh clone ready (install, build), then runs the demo or the tests on the project's own Node.
// Plain old JavaScript, because any Node that npm runs on must be able to start it.
"use strict";
var childProcess = require("child_process");
var crypto = require("crypto");
var fs = require("fs");
var path = require("path");

var root = path.join(__dirname, "..");
var modules = path.join(root, "node_modules");
var stamp = path.join(modules, ".installed");
var bin = path.join(modules, ".bin");
var tasks = {
  demo: [["sei", "design", "examples/conveyor/study.yaml", "--out", "out/conveyor"]],
  "demo:live": [["sei", "verify", "examples/conveyor/study.yaml", "--frames", "200", "--out", "out/conveyor-live"]],
  test: [
    ["oxlint", "--type-aware"],
    ["oxfmt", "--check"],
    ["vitest", "run"],
  ],
};

function run(command, args) {
  var environment = Object.assign({}, process.env, {
    // The runtime's install script would download GPU libraries; the CPU ones are in the package.
    ONNXRUNTIME_NODE_INSTALL: "skip",
    PATH: bin + path.delimiter + process.env.PATH,
  });
  console.log("> " + [command].concat(args).join(" "));
  var result = childProcess.spawnSync(command, args, {
    cwd: root,
    stdio: "inherit",
    env: environment,
    shell: process.platform === "win32",
  });
  if (result.error) throw result.error;
  if (result.status !== 0) process.exit(result.status === null ? 1 : result.status);
}

function lockHash() {
  return crypto
    .createHash("sha256")
    .update(fs.readFileSync(path.join(root, "package-lock.json")))
    .digest("hex");
}

function installed() {
  try {
    return fs.readFileSync(stamp, "utf8") === lockHash();
  } catch {
    return false;
  }
}

var task = tasks[process.argv[2]];
if (!task) {
  console.error("usage: node scripts/ready.cjs demo|demo:live|test");
  process.exit(2);
}
if (!installed()) {
  run("npm", ["ci", "--no-audit", "--no-fund"]);
  fs.writeFileSync(stamp, lockHash());
}
run("tsc", ["-b"]);
run("vite", ["build", "--config", "packages/studio/vite.config.ts", "--logLevel", "warn"]);
task.forEach(function (line) {
  run(line[0], line.slice(1).concat(process.argv.slice(3)));
});
