// Reads vitest's JSON report and says what CI must know: `node scripts/test-verdict.ts <report>`. Exits with 1
// unless every test ran and passed. Its last line is `N passed, N failed`, with the report's own numbers.
import { readFileSync } from "node:fs";

interface Report {
  readonly numTotalTests: number;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

const [file = ""] = process.argv.slice(2);
const report = JSON.parse(readFileSync(file, "utf8")) as Report;
const { numTotalTests: total, numPassedTests: passed, numFailedTests: failed } = report;
const faults: string[] = [];

if (total === 0) faults.push("no test ran");
for (const { name, status, message, assertionResults } of report.testResults) {
  // A file that fails outside of its tests, such as at import, has no failed test to count.
  if (status !== "passed") faults.push(`${name} ${status} ${message}`.trim());
  for (const test of assertionResults)
    if (test.status !== "passed") faults.push(`${test.status}: ${test.fullName}`);
}
if (passed + failed !== total) faults.push(`${total - passed - failed} of ${total} tests did not run`);

for (const fault of faults) console.log(fault);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = faults.length > 0 || failed > 0 ? 1 : 0;
