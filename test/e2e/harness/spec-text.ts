/** Deployment files of the scenarios: the basic example of examples/, under another name and changed in data. */
import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';

export type SpecText = {
  name: string;
  cluster: { nodes: number; files: { path: string; content: string }[] };
  vips: { name: string; external?: string; ports?: number[] }[];
  storage: { name: string; sizeGiB: number; mount: string; attach?: string }[];
  services: { name: string; agent: string; with: string[] }[];
};

/** An example as it stands, comments and all, but for its name. */
export function exampleText(example: string, name: string): string {
  const path = new URL(`../../../examples/${example}/deployment.yaml`, import.meta.url);
  return readFileSync(path, 'utf8').replace(`\nname: ${example}\n`, `\nname: ${name}\n`);
}

export const basicText = (name: string): string => exampleText('basic', name);

/** The example as data, changed, and as text again. */
export function changedText(name: string, change: (spec: SpecText) => void): string {
  const spec = parse(basicText(name)) as SpecText;
  change(spec);
  return stringify(spec);
}

/**
 * A second kind of web server, `systemd:pages@PORT`, that says which node it runs on: any number of them fit on
 * one node, beside the example's nginx.
 */
export const pagesUnit = {
  path: '/etc/systemd/system/pages@.service',
  content: `[Service]
ExecStartPre=/bin/sh -c 'mkdir -p /run/pages && hostname >/run/pages/node'
ExecStart=/usr/bin/python3 -m http.server --directory /run/pages %i
`,
};
