import { describe, expect, it } from 'vitest';
import { Refusal } from '../kernel/refusal.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { renderRefusal } from './render-refusal.ts';
import { noStyle } from './style.ts';

const speaker = { style: noStyle, program: './quorate', typed: './quorate apply -f web.yaml' };

describe('a refusal', () => {
  it('is one paragraph: what, the real cause, what is there, what to do', () => {
    const cause = new Error('Incus does not answer', { cause: new Error('connect ENOENT /run/incus.socket') });
    const refusal = new Refusal('CLOUD_UNREACHABLE', 'the local cloud cannot be reached', {
      retry: 'later',
      next: 'see `quorate doctor`',
      cause,
      data: { standing: { name: 'web', desired: 'present', exists: ['nodes: app-1 (online)'] } },
    });
    expect(renderRefusal(refusal, speaker)).toEqual([
      'error: the local cloud cannot be reached',
      '  because: Incus does not answer',
      '  because: connect ENOENT /run/incus.socket',
      '  what is there of web:',
      '    nodes: app-1 (online)',
      '  next: see `./quorate doctor`',
      '  next: ./quorate apply -f web.yaml goes on from here',
      '  next: ./quorate delete web removes what is there',
    ]);
  });

  it('does not say a cause twice that its wrapper has said', () => {
    const refusal = new Refusal('TIMED_OUT', 'not there: disk is full', {
      retry: 'later',
      cause: new Error('disk is full'),
    });
    expect(renderRefusal(refusal, speaker)).toEqual(['error: not there: disk is full']);
  });

  it('is no error when the person stopped the work', () => {
    const standing = { name: 'web', desired: 'present', exists: [] };
    const refusal = new Refusal('INTERRUPTED', 'stopped', { retry: 'later', next: 'run it again', data: { standing } });
    const lines = renderRefusal(refusal, speaker);
    expect(lines[0]).toBe('stopped');
    expect(lines.filter((line) => line.includes('again'))).toEqual([]);
  });

  it('that stopped a deletion offers no other one', () => {
    const standing = { name: 'web', desired: 'absent', exists: [] };
    const refusal = new Refusal('CLOUD_REFUSED', 'no', { retry: 'later', data: { standing } });
    expect(renderRefusal(refusal, { ...speaker, typed: 'quorate delete web' }).slice(2)).toEqual([
      '  next: quorate delete web goes on from here',
    ]);
  });
});

describe('exit codes', () => {
  it('are different for every kind of end', () => {
    const codes = Object.values(exitCodes);
    expect(new Set(codes).size).toBe(codes.length);
  });

  it.each([
    ['INVALID_INPUT', 3],
    ['QUOTA_EXCEEDED', 4],
    ['NOT_SUPPORTED', 4],
    ['TIMED_OUT', 5],
    ['NOT_FOUND', 6],
    ['BUSY', 7],
    ['STALE_LEASE', 7],
    ['INTERRUPTED', 130],
  ] as const)('%s ends with %i', (code, exitCode) => {
    expect(exitCodeOf(code)).toBe(exitCode);
  });
});
