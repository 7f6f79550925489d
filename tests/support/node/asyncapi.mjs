// Say what AsyncAPI's own parser finds wrong with a document; 0 is an error, 1 a warning.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const { diagnostics } = await new Parser().parse(readFileSync(process.argv[2], "utf-8"));
const faults = diagnostics.filter(({ severity }) => severity < 2);
for (const { path, message } of faults) {
  console.log(path.join("."), message);
}
process.exit(faults.length);
