/**
 * Finds and reads clouds.yaml, with secure.yaml laid over it. The first file that exists counts, the others are
 * not looked at; order and names are openstacksdk's (openstack/config/loader.py). clouds-public.yaml is not read.
 */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Diagnostic } from '../../../kernel/diagnostic.ts';
import { type Places, readDocument } from '../../../spec/document.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export type CloudsFile = {
  readonly path: string;
  /** By name, unchecked, with what secure.yaml adds. */
  readonly clouds: Readonly<Record<string, unknown>>;
  readonly places: Places | undefined;
  readonly diagnostics: readonly Diagnostic[];
};

/** undefined when there is none. */
export async function readCloudsFile(env: Environment): Promise<CloudsFile | undefined> {
  const found = await firstOf(candidates(env['OS_CLIENT_CONFIG_FILE'], 'clouds', env));
  if (found === undefined) return undefined;
  const document = readClouds(found.text);
  const secure = await firstOf(candidates(env['OS_CLIENT_SECURE_FILE'], 'secure', env));
  const secrets = secure === undefined ? undefined : readClouds(secure.text);
  const broken = (secrets?.diagnostics ?? []).map((one) => ({ ...one, message: `${secure?.path}: ${one.message}` }));
  return {
    path: found.path,
    clouds: merge(document.clouds, secrets?.clouds ?? {}) as Readonly<Record<string, unknown>>,
    places: document.places,
    diagnostics: [...document.diagnostics, ...broken],
  };
}

function candidates(given: string | undefined, name: string, env: Environment): readonly string[] {
  const folders = [
    '.',
    join(env['XDG_CONFIG_HOME'] ?? join(env['HOME'] ?? homedir(), '.config'), 'openstack'),
    '/etc/openstack',
  ];
  const files = folders.flatMap((folder) => ['yaml', 'yml', 'json'].map((ending) => join(folder, `${name}.${ending}`)));
  return given === undefined || given === '' ? files : [given, ...files];
}

async function firstOf(
  paths: readonly string[],
): Promise<{ readonly path: string; readonly text: string } | undefined> {
  for (const path of paths) {
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    });
    if (text !== undefined) return { path, text };
  }
  return undefined;
}

function readClouds(text: string): Pick<CloudsFile, 'clouds' | 'places' | 'diagnostics'> {
  const document = readDocument(text);
  const errors = document.diagnostics.filter(({ severity, code }) => severity === 'error' && code !== 'empty-document');
  if (document.places === undefined) return { clouds: {}, places: undefined, diagnostics: errors };
  const clouds = isGroup(document.value) ? document.value['clouds'] : undefined;
  return { clouds: isGroup(clouds) ? clouds : {}, places: document.places, diagnostics: errors };
}

/** Groups are merged key by key, anything else is replaced. */
function merge(under: unknown, over: unknown): unknown {
  if (!isGroup(under) || !isGroup(over)) return over;
  return {
    ...under,
    ...Object.fromEntries(Object.entries(over).map(([key, value]) => [key, merge(under[key], value)])),
  };
}

const isGroup = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
