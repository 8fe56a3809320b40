/** @file Before every test file: what commands print is compared without colours, whatever the terminal or the system asks for. */
delete process.env["FORCE_COLOR"];
process.env["NO_COLOR"] = "1";
