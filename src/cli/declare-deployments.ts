import { type Command, Option } from 'commander';
import { cloudOption } from './cloud-option.ts';
import { parseTimeMs } from './parse-time.ts';
import type { Start } from './start.ts';

const timeoutOption = (defaultMs: number, inWords: string): Option =>
  new Option('--timeout <time>', 'give up after this time, like 90s or 10min; nothing is undone')
    .argParser(parseTimeMs)
    .default(defaultMs, inWords);

const applyTimeout = () => timeoutOption(600_000, '10min');
const deleteTimeout = () => timeoutOption(300_000, '5min');

/** Commands about deployments. */
export function declareDeployments(program: Command, start: Start): void {
  program.commandsGroup('Deployments:');
  program
    .command('demo')
    .summary('set everything up and make a cluster to play with')
    .description(
      'Sets this machine up, makes a three-node cluster from examples/basic under the name demo, and tries it out. Asks nothing. A second run changes nothing.',
    )
    .option('--delete', 'remove it again')
    .addOption(applyTimeout())
    .action((options: { delete?: boolean; timeout: number }) =>
      start(() => import('./actions/demo.ts'), { remove: options.delete === true, timeoutMs: options.timeout }),
    );
  program
    .command('plan')
    .summary('print what apply would do, and why')
    .description('Prints what apply would do, and why, and what the file means. Changes nothing.')
    .requiredOption('-f, --file <file>', 'deployment file; - is standard input')
    .addOption(cloudOption())
    .action((options: { file: string; cloud?: string }) => start(() => import('./actions/plan.ts'), options));
  program
    .command('apply')
    .summary('make a deployment what its file says')
    .description(
      'Makes the deployment what the file says. Asks nothing; after Ctrl-C or a crash the same command goes on.',
    )
    .requiredOption('-f, --file <file>', 'deployment file; - is standard input')
    .addOption(cloudOption())
    .addOption(applyTimeout())
    .action(({ timeout, ...options }: { file: string; cloud?: string; timeout: number }) =>
      start(() => import('./actions/apply.ts'), { ...options, timeoutMs: timeout }),
    );
  program
    .command('delete')
    .summary('remove a deployment and all it has')
    .description(
      'Removes a deployment with everything it has, its data too. Asks on a terminal; elsewhere it wants --yes.',
    )
    .argument('<name>', 'deployment')
    .option('-y, --yes', 'do not ask')
    .addOption(deleteTimeout())
    .action((name: string, options: { yes?: boolean; timeout: number }) =>
      start(() => import('./actions/delete.ts'), { name, yes: options.yes === true, timeoutMs: options.timeout }),
    );
  program
    .command('import')
    .summary('take in a deployment that a cloud remembers')
    .description(
      'Takes in a deployment that stands in a cloud and is not known here: after the state directory was lost, with its file `key` put back. Changes nothing in the cloud.',
    )
    .argument('<name>', 'name of the deployment')
    .requiredOption('--cloud <cloud>', 'the cloud where it stands')
    .action((name: string, options: { cloud: string }) =>
      start(() => import('./actions/import.ts'), { name, cloud: options.cloud }),
    );
  declareLooking(program, start);
  declareNodes(program, start);
}

function declareLooking(program: Command, start: Start): void {
  program
    .command('list')
    .alias('ls')
    .summary('list the deployments')
    .description('Lists the deployments and how they are.')
    .action(() => start(() => import('./actions/list.ts'), {}));
  program
    .command('status')
    .summary('print how a deployment is, and why')
    .description('Prints how a deployment is, and why: nodes, who holds which VIP and volume, services, failures.')
    .argument('<name>', 'deployment')
    .option('-w, --watch', 'look again every second; changes line by line when this is no terminal')
    .action((name: string, options: { watch?: boolean }) =>
      start(() => import('./actions/status.ts'), { name, watch: options.watch === true }),
    );
  program
    .command('events')
    .summary('print what was done, and when')
    .description('Prints what was done for a deployment, when, and why.')
    .argument('<name>', 'deployment')
    .option('--follow', 'go on until Ctrl-C')
    .action((name: string, options: { follow?: boolean }) =>
      start(() => import('./actions/events.ts'), { name, follow: options.follow === true }),
    );
}

function declareNodes(program: Command, start: Start): void {
  program
    .command('exec')
    .summary('run a program on a node')
    .description('Runs a program on a node and ends with its exit code: quorate exec NAME NODE -- crm_mon -1')
    .argument('<name>', 'deployment')
    .argument('<node>', 'node')
    .argument('<command...>', 'program and its arguments, after --')
    .option('-i, --stdin', 'pass standard input on')
    .action((name: string, node: string, argv: string[], options: { stdin?: boolean }) =>
      start(() => import('./actions/exec.ts'), { name, node, argv, stdin: options.stdin === true }),
    );
  program
    .command('ssh')
    .summary('open a root shell on a node')
    .description('Opens a root shell on a node.')
    .argument('<name>', 'deployment')
    .argument('<node>', 'node')
    .argument('[command...]', 'program to run in the terminal instead, after --')
    .action((name: string, node: string, argv: string[]) =>
      start(() => import('./actions/ssh.ts'), { name, node, argv }),
    );
}
