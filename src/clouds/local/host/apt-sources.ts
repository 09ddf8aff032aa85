/**
 * The host's own Debian package sources with the suite replaced, so that no mirror's name stands anywhere:
 * of another release for the node image, of the backports for Incus on Debian 12. Pure.
 * Source: sources.list(5), one-line and deb822 style.
 */

export type AptSource = {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** Keyring or fingerprint; undefined where apt's own trusted keys are meant. */
  readonly signedBy: string | undefined;
};

/** Entries for binary packages; what is disabled, or is not an entry, is passed over. */
export function parseAptSources(
  files: readonly { readonly name: string; readonly text: string }[],
): readonly AptSource[] {
  return files.flatMap(({ name, text }) => (name.endsWith('.sources') ? parseStanzas(text) : parseLines(text)));
}

function parseLines(text: string): readonly AptSource[] {
  return text.split('\n').flatMap((line) => {
    const [, options, uri, suite, components] =
      /^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]*)/.exec(line.trim()) ?? [];
    if (uri === undefined || suite === undefined) return [];
    const signedBy = /\bsigned-by=(\S+)/i.exec(options ?? '')?.[1];
    return [{ uri, suites: [suite], components: words(components), signedBy }];
  });
}

function parseStanzas(text: string): readonly AptSource[] {
  const withoutComments = text.replace(/^#.*\n?/gm, '');
  return withoutComments.split(/\n\s*\n/).flatMap((stanza) => {
    const field = (name: string) =>
      words(new RegExp(`^${name}:([^\\n]*(?:\\n[ \\t][^\\n]*)*)`, 'im').exec(stanza)?.[1]);
    if (!field('Types').includes('deb') || field('Enabled')[0] === 'no') return [];
    const [signedBy] = field('Signed-By');
    return field('URIs').map((uri) => ({ uri, suites: field('Suites'), components: field('Components'), signedBy }));
  });
}

/** Others publish a `bookworm main` too; theirs is signed with a key of their own. */
const isDebian = ({ components, signedBy }: AptSource): boolean =>
  components.includes('main') && (signedBy === undefined || signedBy.includes('debian-archive'));

const words = (text: string | undefined): readonly string[] => (text ?? '').split(/\s+/).filter((word) => word !== '');

/** The entries of `release` (`bookworm`, its updates and its security) as deb822 text for `wanted`; empty when none. */
export function renderSourcesFor(sources: readonly AptSource[], release: string, wanted: string): string {
  return stanzas(sources, (suite) => {
    const [, name, part = ''] = /^(.+?)(-updates|-security)?$/.exec(suite) ?? [];
    return isRelease(name, release) ? `${wanted}${part}` : undefined;
  });
}

/** The backports of `release` from where the release itself comes; empty when it comes from nowhere. */
export const renderBackports = (sources: readonly AptSource[], release: string): string =>
  stanzas(sources, (suite) => (isRelease(suite, release) ? `${release}-backports` : undefined));

/** A host may follow its release by name or as `stable`, which one day is `oldstable`. */
const isRelease = (suite: string | undefined, release: string): boolean =>
  suite === release || suite === 'stable' || suite === 'oldstable';

function stanzas(sources: readonly AptSource[], rename: (suite: string) => string | undefined): string {
  return sources
    .filter(isDebian)
    .map(({ uri, suites }) => ({ uri, suites: suites.map(rename).filter((suite) => suite !== undefined) }))
    .filter(({ suites }) => suites.length > 0)
    .map(
      ({ uri, suites }) =>
        `Types: deb\nURIs: ${uri}\nSuites: ${suites.join(' ')}\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n`,
    )
    .join('\n');
}
