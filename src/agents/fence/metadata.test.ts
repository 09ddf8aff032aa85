import { XmlDocument } from 'libxml2-wasm';
import { describe, expect, it } from 'vitest';
import { renderFenceMetadata } from './metadata.ts';
import { FENCE_ACTIONS } from './options.ts';

const valuesOf = (document: XmlDocument, path: string) => document.find(path).map((node) => node.content);

describe('renderFenceMetadata', () => {
  const document = XmlDocument.fromString(renderFenceMetadata());

  it('offers plug, by which Pacemaker hands over its target, in place of port', () => {
    expect(valuesOf(document, '//parameter[@obsoletes="port"]/@name')).toEqual(['plug']);
    expect(valuesOf(document, '//parameter[@name="plug"]/@required')).toEqual(['0']);
  });

  it('advertises every action but those that Pacemaker answers itself', () => {
    const own = new Set(['start', 'stop']);
    expect(valuesOf(document, '//action/@name').toSorted()).toEqual(
      FENCE_ACTIONS.filter((action) => !own.has(action)).toSorted(),
    );
  });

  it('does not ask Pacemaker to unfence nodes', () => {
    expect(document.find('//action[@automatic="1" or @on_target="1"]')).toEqual([]);
  });

  it("gives every parameter what fence-agents' metadata.rng requires", () => {
    const count = document.find('//parameter').length;
    expect(count).toBeGreaterThan(0);
    expect(
      document.find('//parameter[@unique and @required and getopt/@mixed and content/@type and shortdesc]').length,
    ).toBe(count);
  });
});
