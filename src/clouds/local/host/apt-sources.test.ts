import { describe, expect, test } from 'vitest';
import { parseAptSources, renderBackports, renderSourcesFor } from './apt-sources.ts';

const deb822 = `Types: deb deb-src
# a comment within
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates bookworm-backports
Components: main
 contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: http://vendor.example/apt
Suites: bookworm
Components: main
Signed-By: /etc/apt/keyrings/vendor.gpg
`;
const oneLine = `# deb http://commented.example/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://one.example/debian bookworm main non-free-firmware # why
deb-src http://one.example/debian bookworm main
deb http://security.example/debian-security bookworm-security main
deb [signed-by=/etc/apt/keyrings/other.asc] https://other.example/linux bookworm main
deb https://docker.example/linux/debian bookworm stable
`;
const parse = (name: string, text: string) => parseAptSources([{ name, text }]);

describe('package sources for another release', () => {
  test('keep the host and its updates of a deb822 file, and nothing that is off or another vendor’s', () => {
    expect(renderSourcesFor(parse('debian.sources', deb822), 'bookworm', 'trixie')).toBe(
      'Types: deb\nURIs: http://mirror.example/debian\nSuites: trixie trixie-updates\nComponents: main\n' +
        'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n',
    );
  });

  test('keep the security host of a one-line file, and nothing that Debian has not signed', () => {
    const text = renderSourcesFor(parse('sources.list', oneLine), 'bookworm', 'trixie');
    expect(text.match(/^(URIs|Suites): .*/gm)).toEqual([
      'URIs: http://one.example/debian',
      'Suites: trixie',
      'URIs: http://security.example/debian-security',
      'Suites: trixie-security',
    ]);
  });

  test('follow a host that calls its release stable', () => {
    const text = renderSourcesFor(
      parse('sources.list', 'deb http://m.example/debian stable-updates main'),
      'trixie',
      'trixie',
    );
    expect(text).toContain('Suites: trixie-updates\n');
  });

  test('are empty where the host has no Debian source at all', () => {
    expect(
      renderSourcesFor(parse('sources.list', 'deb http://m.example/ubuntu noble main'), 'bookworm', 'trixie'),
    ).toBe('');
  });
});

test('backports come from where the release itself comes, once, and not from its security host', () => {
  const text = renderBackports(parse('sources.list', oneLine), 'bookworm');
  expect(text.match(/^(URIs|Suites): .*/gm)).toEqual(['URIs: http://one.example/debian', 'Suites: bookworm-backports']);
});
