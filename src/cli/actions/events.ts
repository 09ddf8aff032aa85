import { type EventView, events, followEvents } from '../../commands/events.ts';
import { exitCodes } from '../exit-codes.ts';
import { renderEvent } from '../render-list.ts';
import { print, printJson, type Session } from '../shell.ts';

export async function run(
  session: Session,
  input: { readonly name: string; readonly follow: boolean },
): Promise<number> {
  const context = await session.context();
  if (!input.follow) {
    const found = await events(context, input.name);
    if (session.json) printJson(session, found);
    else
      print(
        session,
        found.map((event) => renderEvent(event, session.style)),
      );
    return exitCodes.ok;
  }
  // A document a line: a follower's output has no end to close a list at.
  const line = (event: EventView) => (session.json ? JSON.stringify(event) : renderEvent(event, session.style));
  for await (const event of followEvents(context, input.name, session.signal)) print(session, [line(event)]);
  return exitCodes.ok;
}
