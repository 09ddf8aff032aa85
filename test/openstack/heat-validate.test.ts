/** Every golden template through Heat's own validate call, which knows each resource type's properties. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { asRefusal } from '../../src/kernel/refusal.ts';
import { ensureBed, makeTestProject, type TestProject } from './bed.ts';

const golden = join(import.meta.dirname, '../golden');
const templates = readdirSync(golden, { recursive: true, encoding: 'utf8' }).filter((path) =>
  /\/quorate-[^/]*\.yaml$/.test(path),
);

let project: TestProject;
beforeAll(async () => {
  project = await makeTestProject(await ensureBed(), 'osheat-validate');
});
afterAll(() => project?.remove());

const validate = (template: string) =>
  project.client.call({ service: 'orchestration', method: 'POST', path: '/validate', body: { template } });

it.each(templates)('%s is valid', async (path) => {
  const { body } = await validate(readFileSync(join(golden, path), 'utf8'));
  expect(body).toHaveProperty('Parameters');
});

it('a property that does not exist and a reference to nothing are refused', async () => {
  const text = readFileSync(join(golden, templates[0] ?? ''), 'utf8');
  for (const broken of [
    text.replace('    properties:\n      name:', '    properties:\n      nmae:'),
    text.replace(/get_resource: \w+/, 'get_resource: nothing'),
  ])
    expect(await validate(broken).catch(asRefusal)).toMatchObject({ code: 'CLOUD_REFUSED' });
});
