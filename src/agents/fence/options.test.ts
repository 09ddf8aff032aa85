import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asRefusal } from '../../kernel/refusal.ts';
import { parseFenceArguments, parseFenceStdin } from './options.ts';

const refusalOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return asRefusal(error)?.code;
  }
  return undefined;
};

describe('parseFenceStdin', () => {
  it('reads what Pacemaker sends, and leaves out comments and what it does not know', () => {
    const text = '#comment=1\nagent=fence_quorate\nnodename=app-9\n  action=OFF\nplug=app-2\nverbose=1\ncolour=red\n\n';
    expect(parseFenceStdin(text)).toMatchObject({ action: 'off', plug: 'app-2', verbose: true });
  });

  it('takes the last value of a key, and everything behind the first equals sign as the value', () => {
    const options = parseFenceStdin('plug=a\nplug=b\nconfig_file=/etc/a=b.json\n');
    expect(options).toMatchObject({ plug: 'b', configFile: '/etc/a=b.json' });
  });

  it('prefers plug to port, and either to nodename', () => {
    expect(parseFenceStdin('nodename=n\nport=p\nplug=q\n').plug).toBe('q');
    expect(parseFenceStdin('nodename=n\nport=p\nplug=\n').plug).toBe('p');
    expect(parseFenceStdin('nodename=n\n').plug).toBe('n');
  });

  it('reboots when no action is given, with the documented limits', () => {
    expect(parseFenceStdin('')).toEqual({
      action: 'reboot',
      plug: undefined,
      configFile: '/etc/quorate/cloud.json',
      verbose: false,
      powerTimeoutMs: 40_000,
      shellTimeoutMs: 10_000,
    });
  });

  it('refuses an action or a time that it does not understand', () => {
    expect(refusalOf(() => parseFenceStdin('action=explode\n'))).toBe('INVALID_INPUT');
    expect(refusalOf(() => parseFenceStdin('power_timeout=soon\n'))).toBe('INVALID_INPUT');
    expect(refusalOf(() => parseFenceStdin('power_timeout=0\n'))).toBe('INVALID_INPUT');
  });

  it('ends on any text with options or a refusal, never otherwise', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (lines) => {
        const code = refusalOf(() => parseFenceStdin(lines.join('\n')));
        expect([undefined, 'INVALID_INPUT']).toContain(code);
      }),
    );
  });
});

describe('parseFenceArguments', () => {
  it("understands the other agents' letters and long names", () => {
    expect(parseFenceArguments(['-o', 'status', '-n', 'app-1', '-v'])).toMatchObject({
      action: 'status',
      plug: 'app-1',
      verbose: true,
    });
    expect(parseFenceArguments(['--action=off', '--plug=b', '--power-timeout=5', '--config-file=/c'])).toMatchObject({
      action: 'off',
      plug: 'b',
      powerTimeoutMs: 5_000,
      configFile: '/c',
    });
  });

  it('refuses an option that it does not know: a person has misspelt it', () => {
    expect(refusalOf(() => parseFenceArguments(['--plugg=a']))).toBe('INVALID_INPUT');
  });
});
