/** The machine's facts that its timings depend on. */
import { cpus, loadavg, release, totalmem } from 'node:os';
import { renderBytes } from './numbers.ts';

export function renderMachine(): readonly string[] {
  const processors = cpus();
  return [
    `${processors.length} cores (${processors[0]?.model.trim() ?? 'unknown'}), ${renderBytes(totalmem())} memory`,
    `Linux ${release()}, Node.js ${process.version}`,
    renderLoad(),
  ];
}

/** Of the last 1, 5 and 15 minutes: more than the number of cores means that everything waited. */
export const renderLoad = (): string =>
  `load average ${loadavg()
    .map((load) => load.toFixed(1))
    .join(', ')}`;
