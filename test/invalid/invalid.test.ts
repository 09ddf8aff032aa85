import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hasErrors, renderDiagnostic } from '../../src/kernel/diagnostic.ts';
import { parseSpec } from '../../src/spec/index.ts';

const folder = import.meta.dirname;
const cases = readdirSync(folder).filter((file) => file.endsWith('.yaml'));

/** A new case is a new `.yaml` here; `UPDATE_GOLDENS=1` writes what the person would read, to be read by you. */
describe('a file that is wrong is answered with everything that is wrong', () => {
  it('has cases', () => expect(cases.length).toBeGreaterThan(20));

  it.each(cases)('%s', (file) => {
    const result = parseSpec(readFileSync(`${folder}/${file}`, 'utf8'));
    const text = `${result.diagnostics.map((found) => renderDiagnostic(file, found)).join('\n')}\n`;
    const golden = `${folder}/${file.replace(/\.yaml$/, '.diagnostics.txt')}`;
    if (process.env.UPDATE_GOLDENS === '1') writeFileSync(golden, text);
    expect(text).toBe(readFileSync(golden, 'utf8'));
    expect(result.spec).toBeUndefined();
    expect(hasErrors(result.diagnostics)).toBe(true);
  });
});
