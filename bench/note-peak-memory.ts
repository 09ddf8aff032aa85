/**
 * Loaded into a process by `--import`: writes the peak of its resident memory, in bytes, as it ends. Not
 * `process.resourceUsage()`: Linux carries that one over from the process that forked it (getrusage(2)).
 */
import { readFileSync, writeFileSync } from 'node:fs';

const file = process.env['QUORATE_BENCH_PEAK'];
if (file !== undefined) {
  process.on('exit', () => {
    const peakKiB = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    writeFileSync(file, String(Number(peakKiB) * 1024));
  });
}
