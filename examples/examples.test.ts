import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { renderPicture } from '../src/artefacts/picture/render-picture.ts';
import { invariant } from '../src/kernel/invariant.ts';
import { parseSpec } from '../src/spec/index.ts';
import { deriveTopology } from '../src/topology/derive.ts';
import { emptyRoster } from '../src/topology/topology.ts';

const folder = import.meta.dirname;
const examples = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());

describe('every example', () => {
  it.each(examples.map(({ name }) => name))('%s is valid, without a warning', (name) => {
    const text = readFileSync(`${folder}/${name}/deployment.yaml`, 'utf8');
    const { spec, diagnostics } = parseSpec(text);
    expect(diagnostics).toEqual([]);
    expect(spec?.name).toBe(name);
    expect(text).toContain('$schema=../../schema/deployment.schema.json');
  });

  it.each(examples.map(({ name }) => name))('%s has its picture beside it', async (name) => {
    const { spec } = parseSpec(readFileSync(`${folder}/${name}/deployment.yaml`, 'utf8'));
    invariant(spec, 'the example parses');
    const { topology } = deriveTopology(spec, emptyRoster);
    await expect(renderPicture(topology)).toMatchFileSnapshot(`${folder}/${name}/picture.svg`);
  });
});
