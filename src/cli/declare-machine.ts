import type { Command } from 'commander';
import { cloudOption } from './cloud-option.ts';
import type { Start } from './start.ts';

/** Commands about the machine that carries the local cloud, and about the command line itself. */
export function declareMachine(program: Command, start: Start): void {
  program.commandsGroup('This machine:');
  program
    .command('doctor')
    .summary('say what this machine or a cloud lacks')
    .description(
      'Says what this machine has and lacks for the local cloud, or what another cloud lacks for a deployment (without -f: one like examples/basic), with numbers. Changes nothing.',
    )
    .addOption(cloudOption())
    .option('-f, --file <file>', 'deployment file; - is standard input')
    .action((options: { file?: string; cloud?: string }) => start(() => import('./actions/doctor.ts'), options));
  const image = program
    .command('image')
    .helpCommand(false)
    .summary('build or upload the image that nodes boot from')
    .description('The image that nodes boot from.');
  image
    .command('build')
    .description('Builds the node image where it is missing or its recipe has changed.')
    .option('--force', 'build it anyway')
    .action((options: { force?: boolean }) =>
      start(() => import('./actions/image-build.ts'), { force: options.force === true }),
    );
  image
    .command('upload')
    .description(
      'Puts the node image into the image service of a cloud, built here where it is missing. One of the present recipe that is there is left alone.',
    )
    .requiredOption('--cloud <cloud>', 'a name from clouds.yaml')
    .option('--public', 'for every project of the cloud; only operators may')
    .action((options: { cloud: string; public?: boolean }) =>
      start(() => import('./actions/image-upload.ts'), { cloud: options.cloud, shared: options.public === true }),
    );
  const host = program
    .command('host')
    .helpCommand(false)
    .summary('remove what was set up here')
    .description('What Quorate has set up on this machine.');
  host
    .command('remove')
    .description("Removes Quorate's own Incus from this machine, with its images. Wants no deployments to be left.")
    .option('-y, --yes', 'do not ask')
    .action((options: { yes?: boolean }) =>
      start(() => import('./actions/host-remove.ts'), { yes: options.yes === true }),
    );
  program
    .command('completion')
    .summary('print a completion script')
    .description(
      'Prints a completion script. bash: source <(quorate completion bash). zsh: the same, after compinit. fish: quorate completion fish | source.',
    )
    .addArgument(program.createArgument('<shell>', 'bash, zsh or fish').choices(['bash', 'zsh', 'fish']))
    .action((shell: string) => start(() => import('./actions/completion.ts'), { shell }));
  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .action((words: string[]) => start(() => import('./actions/complete.ts'), { words, program }));
}
