import { describe, expect, it } from 'vitest';
import { type Ended, resultOf } from './remote-command.ts';

const command = { node: 'app-1', argv: ['false'], timeoutMs: 1_000 };
const ended = (changes: Partial<Ended>): Ended => ({ exitCode: 0, stdout: '', stderr: '', elapsedMs: 10, ...changes });

describe('the end of a command over SSH', () => {
  it('is its own exit code, 137 too when somebody else has killed it in time', () => {
    expect(resultOf(ended({ exitCode: 3, stderr: 'no\n' }), command)).toEqual({
      exitCode: 3,
      stdout: '',
      stderr: 'no\n',
    });
    expect(resultOf(ended({ exitCode: 137 }), command).exitCode).toBe(137);
  });

  it('with 255 is a lost connection unless the node says that it is not', () => {
    const lost = ended({ exitCode: 255, stderr: 'mux_client_request_session: read from master failed\n' });
    expect(() => resultOf(lost, command)).toThrow(
      expect.objectContaining({ code: 'NODE_UNREACHABLE', retry: 'later' }),
    );
    const spoken = ended({ exitCode: 255, stderr: 'no\nquorate: the command itself ended with 255\n' });
    expect(resultOf(spoken, command)).toEqual({ exitCode: 255, stdout: '', stderr: 'no\n' });
  });

  it('after its time is a refusal, whether the node or we have killed it', () => {
    const late = expect.objectContaining({ code: 'TIMED_OUT' });
    expect(() => resultOf(ended({ exitCode: 137, elapsedMs: 1_001 }), command)).toThrow(late);
    expect(() => resultOf(ended({ exitCode: undefined, elapsedMs: 4_000 }), command)).toThrow(late);
  });
});
