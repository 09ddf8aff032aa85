/**
 * The name of a cloud in; credentials for it, and what was chosen of it, out: from clouds.yaml and secure.yaml, or, for
 * `envvars`, from OS_* variables. A misspelt name never falls back to another cloud.
 */
import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import type { Diagnostic } from '../../../kernel/diagnostic.ts';
import { renderDiagnostic } from '../../../kernel/diagnostic.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { nearest } from '../../../spec/suggest.ts';
import type { OpenStackCredentials } from '../client/index.ts';
import type { OpenStackSettings } from '../settings.ts';
import { CloudEntry, deriveCredentials, deriveSettings, type EntryCredentials, settingKeys } from './cloud-entry.ts';
import { type CloudsFile, type Environment, readCloudsFile } from './clouds-file.ts';
import { environmentCloud, environmentEntry, variableOf } from './environment.ts';

export type CloudConfig = { readonly credentials: OpenStackCredentials; readonly settings: OpenStackSettings };

/** @throws Refusal NOT_FOUND (`data.known`: the names there are), INVALID_INPUT (`data.diagnostics`); never with a secret */
export async function readCloudConfig(name: string, env: Environment): Promise<CloudConfig> {
  const file = await readCloudsFile(env);
  const broken = file?.diagnostics ?? [];
  if (file !== undefined && broken.length > 0) throw invalid(file.path, broken);
  const written = file?.clouds[name];
  if (file !== undefined && written !== undefined) {
    const locate = (found: Diagnostic): Diagnostic => {
      const path = ['clouds', name, ...found.path];
      return { ...found, path, ...(file.places === undefined ? {} : { at: file.places.value(path) }) };
    };
    return configOf(written, file.path, locate);
  }
  const variables = name === environmentCloud ? environmentEntry(env) : undefined;
  if (variables === undefined) throw notFound(name, file, env);
  const asVariable = (found: Diagnostic): Diagnostic => {
    const key = found.path.at(-1);
    return { ...found, path: typeof key === 'string' ? [variableOf(key)] : [] };
  };
  return configOf(variables, 'environment', asVariable);
}

/** Every name that `readCloudConfig` would find. Empty when there is no file and no variable. */
export async function knownClouds(env: Environment): Promise<readonly string[]> {
  return namesIn(await readCloudsFile(env), env);
}

function namesIn(file: CloudsFile | undefined, env: Environment): readonly string[] {
  const names = Object.keys(file?.clouds ?? {});
  return environmentEntry(env) === undefined ? names : [...new Set([...names, environmentCloud])];
}

async function configOf(
  written: unknown,
  source: string,
  locate: (found: Diagnostic) => Diagnostic,
): Promise<CloudConfig> {
  const shaped = CloudEntry.safeParse(written);
  if (!shaped.success) {
    const found = shaped.error.issues.flatMap(problemsOf);
    throw invalid(source, found.map(locate));
  }
  const derived = deriveCredentials(shaped.data);
  if (derived.credentials === undefined) throw invalid(source, derived.diagnostics.map(locate));
  return {
    credentials: await withCaText(derived.credentials, source),
    settings: deriveSettings(shaped.data),
  };
}

function problemsOf(issue: z.core.$ZodIssue): readonly Diagnostic[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  if (issue.code !== 'unrecognized_keys')
    return [{ code: 'bad-format', severity: 'error', path, message: issue.message }];
  return issue.keys.map((key): Diagnostic => {
    const near = nearest(key, settingKeys);
    const hint = near === undefined ? `known are ${settingKeys.join(', ')}` : `did you mean \`${near}\`?`;
    return { code: 'unknown-key', severity: 'error', path: [...path, key], message: `\`${key}\` is not known`, hint };
  });
}

const invalid = (source: string, diagnostics: readonly Diagnostic[]): Refusal =>
  new Refusal('INVALID_INPUT', diagnostics.map((one) => renderDiagnostic(source, one)).join('\n'), {
    retry: 'never',
    data: { file: source, diagnostics },
  });

function notFound(name: string, file: CloudsFile | undefined, env: Environment): Refusal {
  const known = namesIn(file, env);
  const near = nearest(name, known);
  const where = file === undefined ? 'there is no clouds.yaml' : `${file.path} has no cloud ${name}`;
  const next =
    near !== undefined
      ? `Did you mean ${near}?`
      : known.length > 0
        ? `Use one of these: ${known.join(', ')}.`
        : 'Put a clouds.yaml here, into ~/.config/openstack or /etc/openstack, or set OS_AUTH_URL and its fellows and use `envvars`.';
  return new Refusal('NOT_FOUND', `cloud ${name} is not known: ${where}`, {
    retry: 'never',
    next,
    data: { cloud: name, known },
  });
}

/** `cacert` is a file's path for every other tool; a PEM text is taken as it is. */
async function withCaText({ cacert, ...credentials }: EntryCredentials, source: string): Promise<OpenStackCredentials> {
  if (cacert === undefined) return credentials;
  if (cacert.includes('-----BEGIN CERTIFICATE-----')) return { ...credentials, caCertificate: cacert };
  const caCertificate = await readFile(cacert, 'utf8').catch((cause: unknown) => {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new Refusal('INVALID_INPUT', `${source}: cannot read cacert ${cacert}: ${code}`, { retry: 'never', cause });
  });
  return { ...credentials, caCertificate };
}
