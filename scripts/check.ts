/**
 * Everything that must be true of a commit, quickest first, stopping at the first part that fails.
 * In: `--quick` leaves out what needs a cluster, `--local` what needs an OpenStack. Out: one line a part with its
 * time, the tools' own words where they have something to say, at the end `N passed, N failed` over all tests, and
 * exit code 0 or 1.
 * Knows the parts' order, not their commands: those are package.json's scripts.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { getuid } from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { renderDuration } from '../src/kernel/duration.ts';

type Part = { readonly script: string; readonly says: string; readonly tests?: true; readonly needs?: Need };
type Need = 'cluster' | 'openstack';

const parts: readonly Part[] = [
  { script: 'format:check', says: 'formatting' },
  { script: 'lint', says: 'lint' },
  { script: 'layers', says: 'layers' },
  { script: 'unused', says: 'nothing unused' },
  { script: 'types', says: 'types' },
  { script: 'test:unit', says: 'unit, golden and property tests', tests: true },
  { script: 'test:integration', says: 'integration tests, real components', tests: true, needs: 'cluster' },
  { script: 'test:e2e', says: 'end-to-end tests, real clusters', tests: true, needs: 'cluster' },
  { script: 'test:stacks', says: 'stacks on a real OpenStack', tests: true, needs: 'openstack' },
];

/** What vitest's JSON reporter says of one run. */
const TestReport = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
});
type Tally = { readonly passed: number; readonly failed: number; readonly skipped: number };
const nothing: Tally = { passed: 0, failed: 0, skipped: 0 };

const root = fileURLToPath(new URL('../', import.meta.url));
const reports = `${root}.cache/check`;

/** Static checks are silent when they pass; tests show their own progress, for they may take minutes. */
function runPart(part: Part): { readonly ok: boolean; readonly tally: Tally } {
  const report = `${reports}/${part.script.replace(':', '-')}.json`;
  const reporters = ['--', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const argv = ['--run', part.script, ...(part.tests ? reporters : [])];
  const run = spawnSync(process.execPath, argv, {
    cwd: root,
    stdio: part.tests ? 'inherit' : 'pipe',
    encoding: 'utf8',
  });
  const ended = run.error === undefined && run.status === 0;
  if (!ended && !part.tests) process.stdout.write(`${run.stdout ?? ''}${run.stderr ?? ''}`);
  if (part.tests === undefined) return { ok: ended, tally: nothing };
  const tally = readTally(report);
  // A run in which no test ran has shown nothing.
  const ok = ended && tally.failed === 0 && tally.passed > 0;
  // A file that would not load, a crash, no test at all: vitest counts none of these as a failed test.
  return { ok, tally: ok ? tally : { ...tally, failed: Math.max(tally.failed, 1) } };
}

/** All zero when the run ended before it could report. */
function readTally(report: string): Tally {
  try {
    const read = TestReport.parse(JSON.parse(readFileSync(report, 'utf8')));
    return {
      passed: read.numPassedTests,
      failed: read.numFailedTests,
      skipped: read.numPendingTests + read.numTodoTests,
    };
  } catch {
    return nothing;
  }
}

function main(): number {
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({ options: { quick: flag, local: flag } });
  if (!values.quick && getuid?.() !== 0) {
    console.error(
      'check: the tests on real clusters need root\n  next: run ./check as root, or ./check --quick for all the others',
    );
    return 1;
  }
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports, { recursive: true });
  const startedAt = performance.now();
  const sum = { passed: 0, failed: 0, skipped: 0 };
  let failedPart: Part | undefined;
  const unwanted: readonly (Need | undefined)[] = values.quick
    ? ['cluster', 'openstack']
    : values.local
      ? ['openstack']
      : [];
  for (const part of parts.filter(({ needs }) => !unwanted.includes(needs))) {
    if (part.needs === 'openstack' && !mayHaveOpenStack()) {
      console.log(
        `-      ${part.says}: left out. The test bed is for Debian 12; QUORATE_TEST_OPENSTACK names another cloud`,
      );
      continue;
    }
    const partStartedAt = performance.now();
    const { ok, tally } = runPart(part);
    for (const key of ['passed', 'failed', 'skipped'] as const) sum[key] += tally[key];
    const counted = part.tests ? ` (${renderTally(tally)})` : '';
    console.log(
      `${ok ? 'ok    ' : 'FAILED'} ${part.says}${counted}, ${renderDuration(performance.now() - partStartedAt)}`,
    );
    if (ok) continue;
    failedPart = part;
    break;
  }
  console.log(`\nchecked in ${renderDuration(performance.now() - startedAt)}`);
  if (failedPart !== undefined) console.log(`stopped at: ${failedPart.says}; alone: npm run ${failedPart.script}`);
  console.log(renderTally(sum));
  return failedPart === undefined ? 0 : 1;
}

/** The bed (test/openstack/bed) is made of Debian 12's own OpenStack. */
const mayHaveOpenStack = (): boolean =>
  (process.env['QUORATE_TEST_OPENSTACK'] ?? '') !== '' ||
  /^VERSION_CODENAME=bookworm$/m.test(readFileSync('/etc/os-release', 'utf8'));

const renderTally = ({ passed, failed, skipped }: Tally): string =>
  `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;

process.exitCode = main();
