/**
 * Every command, its arguments and its options: what can be typed, and nothing of what is then done. In: a
 * `start` that gets the command's module, not yet loaded, and its parsed input. Out: commander's tree,
 * which parses, helps, suggests and is completed from. kubectl's and openstack's habits: verb first,
 * `-f FILE`, `--json`, `-v`. Loading this file must stay cheap: `quorate --help` is measured.
 */
import { Command, Option } from 'commander';
import { declareDeployments } from './declare-deployments.ts';
import { declareFiles } from './declare-files.ts';
import { declareMachine } from './declare-machine.ts';
import type { Start } from './start.ts';

export function buildProgram(start: Start, about: { readonly version: string }): Command {
  const program = new Command('quorate')
    .description('Pacemaker clusters as a service, on OpenStack and on one machine.')
    .usage('<command> [options]')
    .version(about.version, '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .addOption(new Option('--json', 'print data for programs: stable keys, no colours'))
    .addOption(new Option('--state <dir>', 'where Quorate keeps its state (QUORATE_STATE, else /var/lib/quorate)'))
    .addOption(new Option('--no-color', 'no colours (NO_COLOR does the same)'))
    .addOption(new Option('-v, --verbose', 'show where an error comes from'))
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .showSuggestionAfterError(true);
  declareFiles(program, start);
  declareDeployments(program, start);
  declareMachine(program, start);
  return program.addHelpText('after', '\nBegin with: quorate demo\nExit codes and environment: docs/cli.md');
}
