'use strict';

const { appendFileSync } = require('node:fs');
const { reporters, Runner } = require('mocha');

/**
 * Mocha's spec reporter with a closing line `N passed, N failed`. When test/run.ts runs several suites it sets
 * TEST_COUNTS_FILE: the counts go there as one JSON line and the runner prints the closing line for all of them.
 */
module.exports = class ClosingLine extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      const file = process.env.TEST_COUNTS_FILE;
      if (file) appendFileSync(file, `${JSON.stringify({ passed: passes, failed: failures, pending })}\n`);
      else console.log(`${passes} passed, ${failures} failed`);
    });
  }
};
