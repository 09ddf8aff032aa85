/** Whatever went wrong -> words on stderr and an exit code. The only place that ends a command's error. */

import type { Diagnostic } from '../kernel/diagnostic.ts';
import { asRefusal, type Refusal } from '../kernel/refusal.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { renderDiagnostics } from './render-diagnostics.ts';
import { causesOf, renderRefusal } from './render-refusal.ts';
import type { Session } from './shell.ts';

export function reportError(session: Session, error: unknown): number {
  const refusal = asRefusal(error);
  // After Ctrl-C an abort comes from whatever waited, and a refusal from a child that the terminal stopped too.
  const stopped =
    session.signal.aborted && (refusal !== undefined || error === session.signal.reason || isAbort(error));
  if (stopped && refusal?.code !== 'INTERRUPTED') return reportInterrupted(session, refusal);
  if (refusal === undefined) return reportBug(session, error);
  const code = exitCodeOf(refusal.code);
  if (session.json) printError(session, refusal, code);
  else session.stderr.write(`${refusalLines(session, refusal).join('\n')}\n`);
  if (session.verbose) session.stderr.write(`${refusal.stack ?? ''}\n`);
  return code;
}

function refusalLines(session: Session, refusal: Refusal): readonly string[] {
  const { stderr, errorStyle, program, typed } = session;
  const source = session.sources.at(-1);
  const diagnostics = diagnosticsOf(refusal);
  const paragraph = renderRefusal(refusal, { style: errorStyle, program, typed });
  if (source === undefined || diagnostics.length === 0) return paragraph;
  const frame = stderr.isTty ? { style: errorStyle, width: stderr.columns() } : undefined;
  return [...renderDiagnostics(source, diagnostics, frame), ...paragraph];
}

const diagnosticsOf = (refusal: Refusal): readonly Diagnostic[] =>
  Array.isArray(refusal.data.diagnostics) ? (refusal.data.diagnostics as readonly Diagnostic[]) : [];

function printError(session: Session, refusal: Refusal, exitCode: number): void {
  const { code, message, next, retry, data } = refusal;
  const error = { code, message, causes: causesOf(refusal), next: next ?? null, retry, exitCode, data };
  session.stderr.write(`${JSON.stringify({ error }, undefined, 2)}\n`);
}

function reportBug(session: Session, error: unknown): number {
  const message = error instanceof Error ? error.message : String(error);
  const { stderr, errorStyle, verbose, program } = session;
  if (session.json) {
    stderr.write(`${JSON.stringify({ error: { code: 'BUG', message, exitCode: exitCodes.bug } }, undefined, 2)}\n`);
  } else {
    stderr.write(`${errorStyle.bad('unexpected error')}: ${message}\n`);
    stderr.write(`  This is a bug of Quorate, not something you did. Nothing is lost: the same command goes on.\n`);
    if (!verbose) stderr.write(`  ${errorStyle.accent('next:')} the same with -v shows where: ${program} -v …\n`);
  }
  if (verbose && error instanceof Error) stderr.write(`${stackOf(error)}\n`);
  return exitCodes.bug;
}

function stackOf(error: Error): string {
  const own = error.stack ?? error.message;
  return error.cause instanceof Error ? `${own}\ncaused by: ${stackOf(error.cause)}` : own;
}

function reportInterrupted(session: Session, refusal: Refusal | undefined): number {
  session.stderr.write('stopped; nothing is lost: the same command goes on from here\n');
  if (refusal !== undefined) session.stderr.write(`${refusalLines(session, refusal).slice(1).join('\n')}\n`);
  return exitCodes.interrupted;
}

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError';
