/** What a file means as a picture: its networks and nodes in SVG. */
import { renderPicture } from '../artefacts/picture/render-picture.ts';
import { deriveTopology } from '../topology/derive.ts';
import { emptyRoster } from '../topology/topology.ts';
import type { Context } from './context.ts';
import { readSpec } from './read-spec.ts';

/** With the addresses of the deployment where it exists. Throws INVALID_INPUT. */
export async function draw(
  context: Context,
  input: { readonly text: string; readonly cloud?: string },
): Promise<string> {
  const spec = await readSpec(input.text, input.cloud);
  const known = await (await context.findEngine())?.get(spec.name);
  return renderPicture(deriveTopology(spec, known?.roster ?? emptyRoster).topology);
}
