import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { parseSpec } from './parse.ts';
import { DeploymentSpec } from './schema.ts';
import { validSpecs } from './valid-specs.ts';

const head = 'apiVersion: quorate/v1\nname: billing\n';

describe('parseSpec', () => {
  it('fills in every default', () => {
    expect(parseSpec(head).spec).toMatchObject({
      cloud: 'local',
      cluster: { nodes: 3, flavor: 'small', failureDetection: 'fast', files: [] },
      vips: [],
      storage: [],
      services: [],
      roles: {},
    });
  });

  it('gives back any valid specification that is written as YAML, with its defaults', () => {
    fc.assert(
      fc.property(validSpecs, fc.constantFrom(undefined, 'QUOTE_DOUBLE' as const), (written, defaultStringType) => {
        const parsed = parseSpec(stringify(written, defaultStringType === undefined ? {} : { defaultStringType }));
        expect(parsed.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
        expect(parsed.spec).toEqual(DeploymentSpec.parse(JSON.parse(JSON.stringify(written))));
      }),
      { numRuns: 200 },
    );
  });

  it('throws for no text, and says why it took none', () => {
    const scraps = fc.constantFrom(
      '- ',
      ': ',
      '\n',
      '  ',
      '\t',
      '&a ',
      '*a',
      '{',
      '}',
      '[',
      ']',
      '"',
      "'",
      '|',
      '>',
      '!!',
      '%',
      '#',
      '---',
      'vips',
      'name',
      '<<',
      '? ',
      '__proto__',
    );
    const soup = fc
      .array(fc.oneof(scraps, fc.string({ maxLength: 4 })), { maxLength: 40 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(
        fc.oneof(
          soup,
          soup.map((text) => head + text),
          fc.string({ unit: 'binary' }),
        ),
        (text) => {
          const { spec, diagnostics } = parseSpec(text);
          expect(spec !== undefined || diagnostics.some(({ severity }) => severity === 'error')).toBe(true);
          for (const { at } of diagnostics) expect(at?.line).toBeGreaterThan(0);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('throws for no value at any place of a specification, and tells its line', () => {
    const wrong = fc.constantFrom<unknown>(null, true, 0, -1, 1.5, '', 'x', [], {}, [null], { x: 1 }, [[]], Number.NaN);
    fc.assert(
      fc.property(validSpecs, wrong, fc.nat(), (written, value, pick) => {
        const document = JSON.parse(JSON.stringify(written));
        const places = placesIn(document);
        const place = places[pick % places.length];
        if (place !== undefined) place.holder[place.key] = value;
        for (const { at } of parseSpec(stringify(document)).diagnostics) expect(at?.line).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['deep flow lists', `${head}vips: ${'['.repeat(20_000)}`],
    ['deep closed lists', `${head}vips: ${'['.repeat(5_000)}${']'.repeat(5_000)}`],
    ['deep block lists', `${head}vips:\n  ${'- '.repeat(20_000)}`],
    ['very many keys', head + Array.from({ length: 25_000 }, (_, index) => `k${index}: 1\n`).join('')],
    ['very many VIPs', `${head}vips:\n${'  - {name: a, ports: [80]}\n'.repeat(9_000)}`],
    ['very many roles', `${head}roles:\n${Array.from({ length: 20_000 }, (_, index) => `  r${index}: {}\n`).join('')}`],
    ['a very long text', `${head}cloud: ${'x'.repeat(2_000_000)}`],
    ['a loop of aliases', `${head}vips: &a [*a]\n`],
  ])('answers %s in a few seconds', (_, text) => {
    const start = performance.now();
    expect(parseSpec(text).spec).toBeUndefined();
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it('points at the key that is unknown, at the value that is wrong, and at the group that lacks a key', () => {
    const { diagnostics } = parseSpec(
      '# first\napiVersion: quorate/v1\ncluster:\n  nodez: 3\nvips:\n  - name: Web\n    ports: [80]\n',
    );
    expect(diagnostics.map(({ code, at }) => [code, at?.line, at?.column])).toEqual([
      ['missing-key', 2, 1],
      ['unknown-key', 4, 3],
      ['bad-format', 6, 11],
    ]);
  });

  it('looks through aliases for the place of a value', () => {
    const { diagnostics } = parseSpec(
      `${head}vips:\n  - name: a\n    ports: &p [80, 80]\n  - name: b\n    ports: *p\n`,
    );
    expect(diagnostics.map(({ path, at }) => [path.join('.'), at?.line])).toEqual([
      ['vips.0.ports.1', 5],
      ['vips.1.ports.1', 5],
    ]);
  });

  it('blames nothing on a role whose name is bad', () => {
    const { diagnostics } = parseSpec(
      `${head}cluster:\n  nodes: 20\nroles:\n  Web One:\n    nodes: 2\nvips:\n  - name: web\n    ports: [80]\n    role: Web One\n`,
    );
    expect(diagnostics.map(({ code }) => code)).toEqual(['bad-key']);
  });

  it('tells a hundred problems, and that there are more', () => {
    const { diagnostics } = parseSpec(head + Array.from({ length: 150 }, (_, index) => `k${index}: 1\n`).join(''));
    expect(diagnostics).toHaveLength(101);
    expect(diagnostics.at(-1)?.code).toBe('too-many-problems');
  });

  it('gives warnings with a specification, and no error hides behind one', () => {
    const parsed = parseSpec(`${head}vips:\n  - name: web\n    external: none\n    ports: [80]\n`);
    expect(parsed.spec?.name).toBe('billing');
    expect(parsed.diagnostics.map(({ code, severity }) => [code, severity])).toEqual([['unused-ports', 'warning']]);
  });

  it('locates what later stages find', () => {
    const parsed = parseSpec(`${head}vips:\n  - name: web\n    address: 10.0.0.1\n    ports: [80]\n`);
    if (parsed.spec === undefined) throw new Error('valid');
    const [found] = parsed.locate([{ code: 'x', severity: 'error', path: ['vips', 0, 'address'], message: 'x' }]);
    expect(found?.at).toEqual({ line: 5, column: 14 });
  });

  it('does not blame a service for what a misspelt key hides', () => {
    const { diagnostics } = parseSpec(
      `${head}vip:\n  - name: web\nservices:\n  - name: www\n    agent: systemd:nginx\n    with: [web]\n`,
    );
    expect(diagnostics.map(({ code }) => code)).toEqual(['unknown-key']);
  });
});

type Holder = Record<string | number, unknown>;

function placesIn(value: unknown): readonly { holder: Holder; key: string | number }[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => [{ holder: value as Holder, key }, ...placesIn(child)]);
}
