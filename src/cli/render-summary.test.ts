import { describe, expect, it } from 'vitest';
import { balancedView, readyView, summary } from './example-views.ts';
import { widthOf } from './layout.ts';
import { nextStepsAfterApply, nextStepsAfterDemo } from './next-steps.ts';
import { renderExchanges, renderNext, renderPicture, renderSummary } from './render-summary.ts';
import { noStyle } from './style.ts';

const page = { style: noStyle, width: 80, program: './quorate' };

describe('the summary', () => {
  it('is a picture of what was built', () => {
    expect(renderSummary(summary, page).join('\n')).toMatchInlineSnapshot(`
      "billing is ready: every node is online, fencing is armed and every resource runs.

        172.29.77.8 port 80 ━━▶ VIP web 10.58.1.200 ━━▶ app-2

        ┌─ app-1 ─────────────┐  ┌─ app-2 ─────────────┐  ┌─ app-3 ─────────────┐
        │ online, member, DC  │  │ online, member      │  │ online, member      │
        │ 10.58.0.11 cluster  │  │ 10.58.0.12 cluster  │  │ 10.58.0.13 cluster  │
        │ 10.58.1.11 services │  │ 10.58.1.12 services │  │ 10.58.1.13 services │
        │                     │  │ ● VIP web           │  │                     │
        │                     │  │ ● volume data       │  │                     │
        │                     │  │   on /srv/data      │  │                     │
        │                     │  │ ● service www       │  │                     │
        └─────────────────────┘  └─────────────────────┘  └─────────────────────┘
        cluster app: 3 of 3 members online, quorate, fencing armed
        ✔ 172.29.77.8:80 answers from here in 2 ms

      How long it took:
        this machine            0.1 s
        node image              0.0 s
        networks, volumes       0.9 s
        nodes                   1.4 s
        cluster                11.0 s
        in all                 13.5 s"
    `);
  });

  it('says so when a port outside does not answer, and when nothing had to be done', () => {
    const outside = summary.outside.map((answer) => ({ ...answer, answers: false }));
    const text = renderSummary({ ...summary, changed: false, outside }, page).join('\n');
    expect(text).toContain('! 172.29.77.8:80 does not answer');
    expect(text).toContain('nothing had to be changed');
  });

  it('shows the load balancers first, that one is alone, and who answers behind it', () => {
    const lines = renderSummary({ ...summary, status: balancedView }, page);
    const at = (part: string) => lines.findIndex((line) => line.includes(part));
    expect(at('┌─ lb-1')).toBeLessThan(at('┌─ app-1'));
    expect(lines[at('cluster lb:')]).toContain('alone: no fail-over');
    expect(lines[at('cluster app:')]).not.toContain('alone');
    expect(lines[at('✔')]).toContain('172.29.77.8:80 answers from here in 2 ms, app-1 behind it');
    const listeners = balancedView.listeners.map((each) => ({ ...each, answering: [] }));
    const unanswered = renderSummary({ ...summary, status: { ...balancedView, listeners } }, page).join('\n');
    expect(unanswered).toContain('! 172.29.77.8:80 answers, but no node behind passes the check');
  });

  it('stays within the terminal with sixteen nodes', () => {
    const nodes = Array.from({ length: 16 }, (_, index) => ({ ...readyView.nodes[1]!, name: `app-${index + 1}` }));
    const lines = renderPicture({ ...readyView, nodes }, page);
    expect(lines.filter((line) => line.includes('┌─ '))).toHaveLength(6);
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(80);
  });

  it('shows the requests of the demo', () => {
    const exchanges = [
      { method: 'GET', url: 'http://172.29.77.8/healthz', status: 200, reply: 'app-2', elapsedMs: 3 },
      { method: 'PUT', url: 'http://172.29.77.8/hello.txt', sent: 'hello', status: 201, reply: '', elapsedMs: 4 },
    ] as const;
    expect(renderExchanges(exchanges, page).join('\n')).toMatchInlineSnapshot(`
      "
      Tried from this machine:
             ADDRESS                       STATUS  TIME  ANSWER
        GET  http://172.29.77.8/healthz    200     3 ms  app-2
        PUT  http://172.29.77.8/hello.txt  201     4 ms  sent "hello""
    `);
  });

  it('ends with what to type next', () => {
    expect(renderNext(nextStepsAfterDemo(readyView, './quorate'), page).join('\n')).toMatchInlineSnapshot(`
      "
      Next:
        curl http://172.29.77.8/healthz               which node answers
        ./quorate status billing --watch              watch it live; in another terminal:
        ./quorate exec billing app-2 -- poweroff -ff  kill app-2 as a power cut would
        curl http://172.29.77.8/hello.txt             the file is still there, on another node
        ./quorate demo --delete                       remove everything of it"
    `);
    expect(nextStepsAfterApply({ ...readyView, vips: [] }, 'quorate').map(({ type }) => type)).toEqual([
      'quorate status billing --watch',
      'quorate events billing',
      'quorate delete billing',
    ]);
  });
});
