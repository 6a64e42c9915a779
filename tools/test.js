// SPDX-License-Identifier: MIT
// @ts-check
/**
 * @fileoverview The whole test suite: formatting and lint, types, build, unit tests, whole systems. Later steps run even if earlier ones
 * fail, so that one run tells everything. The last line is `N passed, N failed`; each step before the tests counts as one.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { debianKernel, haveOracles, packages } from './oracles.js';

const home = dirname(dirname(fileURLToPath(import.meta.url)));
const reports = join(home, '.cache/test');

/**
 * Words given narrow the run to test files whose path contains one of them, and leave out the steps before.
 * @param {string[]} filters
 * @returns {Promise<number>} the exit code
 */
export async function test(filters) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  mkdirSync(reports, { recursive: true });
  step(counts, 'oracles', () => {
    haveOracles(.../** @type {(keyof typeof packages)[]} */ (Object.keys(packages)));
    debianKernel();
    return true;
  });
  if (filters.length === 0) {
    step(counts, 'format and lint', () => runs('node_modules/.bin/biome', 'check', '.'));
    step(counts, 'types', () => runs('node_modules/.bin/tsc', '-b'));
    step(counts, 'build', () => runs(process.execPath, 'tools/build.js'));
  }
  for (const project of ['unit', 'system']) runProject(counts, project, filters);
  if (counts.skipped > 0) console.log(`${counts.skipped} skipped`);
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  return counts.failed === 0 ? 0 : 1;
}

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * @param {Counts} counts
 * @param {string} name
 * @param {() => boolean} action
 */
function step(counts, name, action) {
  const started = Date.now();
  let succeeded = false;
  try {
    succeeded = action();
  } catch (error) {
    console.log(error instanceof Error ? error.message : error);
  }
  counts[succeeded ? 'passed' : 'failed']++;
  console.log(`${succeeded ? 'ok' : 'FAILED'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
}

/**
 * @param {string} command
 * @param {...string} parameters
 */
function runs(command, ...parameters) {
  return spawnSync(command, parameters, { cwd: home, stdio: 'inherit' }).status === 0;
}

/**
 * @param {Counts} counts
 * @param {string} project
 * @param {string[]} filters
 */
function runProject(counts, project, filters) {
  const report = join(reports, `${project}.json`);
  rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const succeeded = runs('node_modules/.bin/vitest', 'run', '--project', project, '--passWithNoTests', ...reporters, ...filters);
  const found = countTests(report);
  counts.passed += found.passed;
  counts.skipped += found.skipped;
  // A run that fails without a failed test (a file that does not load, an error between tests) counts as one failure.
  counts.failed += found.failed || (succeeded ? 0 : 1);
}

/** @param {string} report */
function countTests(report) {
  try {
    const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
    /** @type {{ status: string, assertionResults: { status: string }[] }[]} */
    const files = testResults;
    const broken = files.filter(
      (file) => file.status === 'failed' && !file.assertionResults.some((one) => one.status === 'failed'),
    );
    return { passed: numPassedTests, failed: numFailedTests + broken.length, skipped: numPendingTests };
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}
