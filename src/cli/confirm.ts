import type { Session } from './shell.ts';

/** Asks on a terminal; elsewhere nothing is assumed for who cannot be asked. */
export async function confirm(session: Session, question: string): Promise<'yes' | 'no' | 'nobody'> {
  if (!session.stdin.isTty || !session.stderr.isTty) {
    session.stderr.write(`${question} Nobody can be asked, this is no terminal: add --yes\n`);
    return 'nobody';
  }
  const answer = await session.stdin.line(`${question} [y/N] `);
  if (/^y(es)?$/i.test(answer.trim())) return 'yes';
  session.stderr.write('Nothing was done.\n');
  return 'no';
}
