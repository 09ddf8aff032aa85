import { join } from 'node:path';
import { render } from '../../commands/render.ts';
import { exitCodes } from '../exit-codes.ts';
import { readSource, writeFileIn } from '../files.ts';
import { print, printJson, type Session } from '../shell.ts';

export type RenderInput = {
  readonly file: string;
  readonly output: string;
  readonly cloud?: string;
  readonly withSecrets: boolean;
};

export async function run(session: Session, { file: source, output, ...options }: RenderInput): Promise<number> {
  const { text } = await readSource(session, source);
  const { name, secret, files } = await render(await session.context(), { text, ...options });
  for (const file of files) writeFileIn(output, file.path, file.text, secret ? 0o600 : 0o644);
  const paths = files.map(({ path }) => join(output, path));
  if (session.json) printJson(session, { name, secret, files: paths });
  else {
    print(session, paths);
    if (secret) session.stderr.write('These files hold real keys: whoever reads them can be a node of the cluster.\n');
    else session.stderr.write('Keys and the way to the cloud are placeholders; --with-secrets writes real ones.\n');
  }
  return exitCodes.ok;
}
