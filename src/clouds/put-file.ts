/** Writing a file on a node with nothing but a way to run a command there; every cloud's `put`. */
import { Refusal } from '../kernel/refusal.ts';
import type { NodeAccess } from './cloud.ts';

/**
 * Writes beside the target and renames, so that a reader sees the old text or the new one, and a run that is
 * cut off leaves the old. Incus' own file API truncates and then writes. The text comes by stdin: it may be
 * a secret.
 */
const PUT_SCRIPT = `set -e
mkdir -p "$(dirname "$1")"
umask 077
new=$(mktemp "$1.XXXXXX")
trap 'rm -f "$new"' EXIT
cat > "$new"
chmod "$2" "$new"
mv -fT "$new" "$1"
trap - EXIT`;

/** Throws what `run` throws, and NODE_UNREACHABLE when the node could not write it (a full disk, a lost mount). */
export const putBy =
  (run: NodeAccess['run']): NodeAccess['put'] =>
  async (node, path, text, mode = 0o644) => {
    const argv = ['sh', '-c', PUT_SCRIPT, 'put', path, mode.toString(8).padStart(4, '0')];
    const { exitCode, stderr } = await run(node, argv, { stdin: text });
    if (exitCode === 0) return;
    throw new Refusal('NODE_UNREACHABLE', `${path} could not be written on ${node}: ${stderr.trim()}`, {
      retry: 'later',
      data: { node, path },
    });
  };
