// Before a package is packed: the licence and the README go in, and, with the command line, the examples that its help names.
"use strict";
var fs = require("fs");
var path = require("path");

var root = path.join(__dirname, "..");
var name = require(path.join(process.cwd(), "package.json")).name;
fs.copyFileSync(path.join(root, "LICENSE"), "LICENSE");
fs.copyFileSync(path.join(root, "README.md"), "README.md");
if (name === "split-et-impera") {
  fs.rmSync("examples", { recursive: true, force: true });
  fs.cpSync(path.join(root, "examples"), "examples", { recursive: true });
}
