/** The files of rendered user data, told apart: those that make a node a member, and all others. */
import { parse } from 'yaml';

export type NodeFile = {
  readonly path: string;
  readonly owner?: string;
  readonly permissions: string;
  readonly encoding?: 'b64';
  readonly content: string;
};

const isOfCluster = ({ path }: NodeFile): boolean => /^\/(etc\/corosync|var\/lib\/pacemaker)\//.test(path);

export function clusterFiles(userData: string): {
  readonly cluster: readonly NodeFile[];
  readonly other: readonly NodeFile[];
} {
  const files = (parse(userData) as { readonly write_files: readonly NodeFile[] }).write_files;
  return { cluster: files.filter(isOfCluster), other: files.filter((file) => !isOfCluster(file)) };
}

/** What corosync-keygen(8) makes. */

/** A script for sh's standard input, because one of the files is a secret. */
export const writeScript = (files: readonly NodeFile[]): string =>
  files
    .map(({ path, owner = 'root:root', permissions, encoding, content }) => {
      const text = encoding === 'b64' ? content : Buffer.from(content, 'utf8').toString('base64');
      return [
        `install -D -m ${permissions} /dev/null ${path}`,
        `base64 -d >${path} <<END\n${text}\nEND`,
        `chown ${owner} ${path}`,
      ].join('\n');
    })
    .join('\n');
