/**
 * A program on a node that writes into a share, record after record, and keeps beside it, on the node's own disk,
 * what was acknowledged and when. What it was told is kept is what the next server has to have.
 */
import type { Attempt } from './gaps.ts';
import { execDone } from './quorate.ts';

/** Python, which cloud-init brings along. A record counts once fsync(2) has returned. */
const program = `
import os, sys, time
share, told = sys.argv[1], open(sys.argv[2], "w", buffering=1)
target = os.open(share, os.O_CREAT | os.O_RDWR, 0o644)
number = 0
while not os.path.exists("/run/writer-stop"):
    began = time.time()
    try:
        os.write(target, b"record %d\\n" % number)
        os.fsync(target)
        told.write("%f %f ok %d\\n" % (began, time.time(), number))
        number += 1
    except OSError as error:
        told.write("%f %f failed %s\\n" % (began, time.time(), error))
    time.sleep(0.02)
os.close(target)
`;
const acknowledged = '/run/acknowledged';

export type Writer = {
  /** Ends it and returns its tries; `said` of a good one is its record's number. */
  readonly stop: () => Promise<readonly Attempt[]>;
};

/** Resolves once a first record was acknowledged. */
export async function startWriter(deployment: string, node: string, file: string): Promise<Writer> {
  const start = `rm -f /run/writer-stop ${acknowledged}; cat >/run/writer.py <<'END'
${program}
END
systemd-run --quiet --unit writer --collect python3 /run/writer.py ${file} ${acknowledged}
until grep -q ok ${acknowledged}; do sleep 0.1; done`;
  await execDone(deployment, node, ['sh', '-c', start]);
  const stop = async () => {
    const end = `touch /run/writer-stop; while systemctl is-active --quiet writer; do sleep 0.1; done; cat ${acknowledged}`;
    const lines = (await execDone(deployment, node, ['sh', '-c', end])).trim().split('\n');
    return lines.map(parseLine);
  };
  return { stop };
}

function parseLine(line: string): Attempt {
  const [began, ended, outcome, ...words] = line.split(' ');
  return {
    startedAt: Number(began) * 1000,
    endedAt: Number(ended) * 1000,
    ok: outcome === 'ok',
    said: words.join(' '),
  };
}

/** Numbers of acknowledged records that the text does not have. */
export function lostRecords(attempts: readonly Attempt[], text: string): readonly string[] {
  const kept = new Set(text.split('\n'));
  return attempts.filter(({ ok, said }) => ok && !kept.has(`record ${said}`)).map(({ said }) => said);
}
