/**
 * incusd as a systemd service, in a runtime unit file: it is gone at the next boot with nothing to clear up,
 * and unlike a transient unit it can be started again while nodes of a stopped one still run.
 * Source: systemd.unit(5), systemd.service(5), systemd.kill(5).
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import { Refusal } from '../../../kernel/refusal.ts';

export type DaemonUnit = {
  readonly name: string;
  readonly command: readonly string[];
  readonly stopCommand: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
};

const directory = '/run/systemd/system';
const fileOf = (name: string): string => `${directory}/${name}.service`;

/** A running one is left as it is. @throws Refusal CLOUD_UNREACHABLE with systemd's own words */
export async function startUnit(unit: DaemonUnit): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(fileOf(unit.name), renderUnit(unit), { mode: 0o644 });
  await execa('systemctl', ['daemon-reload'], { reject: false });
  await execa('systemctl', ['reset-failed', unit.name], { reject: false });
  const run = await execa('systemctl', ['start', unit.name], { reject: false });
  if (!run.failed) return;
  throw new Refusal('CLOUD_UNREACHABLE', `systemd does not start ${unit.name}: ${run.stderr.trim()}`, {
    retry: 'later',
    next: `See \`systemctl status ${unit.name}\`, then run the same command again.`,
  });
}

/** An absent one is fine, and so is a machine without systemd. */
export async function removeUnit(name: string): Promise<void> {
  await execa('systemctl', ['stop', name], { reject: false });
  await rm(fileOf(name), { force: true });
  await execa('systemctl', ['daemon-reload'], { reject: false });
}

export function renderUnit({ command, stopCommand, environment }: DaemonUnit): string {
  const variables = Object.entries(environment).map(([name, value]) => `Environment=${quote(`${name}=${value}`)}`);
  return `[Unit]
Description=Incus of Quorate
After=network.target

[Service]
${variables.join('\n')}
ExecStart=${command.map(quoteArgument).join(' ')}
# Nodes outlive the daemon, as with the distribution's own unit; but not the machine: at its shutdown systemd
# would wait 90 s for them, then kill them. A daemon that died has nobody left to ask: hence the dash.
ExecStop=-${stopCommand.map(quoteArgument).join(' ')}
KillMode=process
TimeoutStopSec=90
Delegate=yes
Restart=on-failure
LimitNOFILE=1048576
TasksMax=infinity
`;
}

/** systemd expands %; within quotes it reads C escapes. */
const quote = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%')}"`;

/** In command lines it expands $ as well. */
const quoteArgument = (text: string): string => quote(text).replaceAll('$', '$$$$');
