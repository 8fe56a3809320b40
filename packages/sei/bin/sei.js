#!/usr/bin/env node
// Readable by any Node since 12, so that an old one can say what is missing; nothing is imported before that is known.
import("./supervise.js").then(
  function (module) {
    module.supervise(process.argv.slice(2));
  },
  function () {
    console.error("sei: needs Node 22.18 or newer, this is " + process.version);
    process.exitCode = 1;
  },
);
