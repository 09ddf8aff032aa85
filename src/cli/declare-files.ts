import { type Command, Option } from 'commander';
import { cloudOption } from './cloud-option.ts';
import type { Start } from './start.ts';

type RenderOptions = {
  readonly file: string;
  readonly output?: string;
  readonly picture?: string;
  readonly cloud?: string;
  readonly withSecrets?: boolean;
};

/** Commands that need a file and no cloud. */
export function declareFiles(program: Command, start: Start): void {
  program.commandsGroup('Files:');
  program
    .command('init')
    .summary('write a commented file to start from')
    .description('Writes a commented deployment file to start from. Never overwrites one without --force.')
    .argument('[name]', 'name of the deployment', 'billing')
    .addOption(
      new Option('-s, --scenario <scenario>', 'what to start from')
        .choices(['smallest', 'basic', 'balanced', 'balanced-storage', 'large'])
        .default('basic'),
    )
    .option('-o, --output <file>', 'where to; - is standard output', 'deployment.yaml')
    .option('--force', 'overwrite the file')
    .action((name: string, options: { scenario: string; output: string; force?: boolean }) =>
      start(() => import('./actions/init.ts'), { name, ...options, force: options.force === true }),
    );
  program
    .command('validate')
    .summary('check files')
    .description('Checks files and prints everything that is wrong with them, with line and column.')
    .argument('<files...>', 'deployment files; - is standard input')
    .action((files: string[]) => start(() => import('./actions/validate.ts'), { files }));
  program
    .command('render')
    .summary('write out what the nodes would be given')
    .description(
      'Writes corosync.conf, cib.xml, user-data and network-config as files, for looking at or for booting by hand. Changes nothing else.',
    )
    .requiredOption('-f, --file <file>', 'deployment file; - is standard input')
    .option('-o, --output <dir>', 'directory for the files')
    .option('-p, --picture <file>', 'a picture of the networks and nodes instead, as SVG')
    .addOption(cloudOption())
    .option(
      '--with-secrets',
      "the deployment's real keys, on OpenStack new ones where it does not exist; files get mode 0600",
    )
    .action(({ file, output, picture, cloud, withSecrets }: RenderOptions) => {
      const where = cloud === undefined ? {} : { cloud };
      if (picture !== undefined) return start(() => import('./actions/draw.ts'), { file, picture, ...where });
      if (output === undefined)
        return program.error("error: one of '-o, --output <dir>' and '-p, --picture <file>' is needed");
      return start(() => import('./actions/render.ts'), {
        file,
        output,
        ...where,
        withSecrets: withSecrets === true,
      });
    });
  program
    .command('schema')
    .summary("print the file's JSON Schema, for editors")
    .description("Prints the deployment file's JSON Schema, for editors.")
    .action(() => start(() => import('./actions/schema.ts'), {}));
}
