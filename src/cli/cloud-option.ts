import { Option } from 'commander';

/** Of the commands that read a deployment file. */
export const cloudOption = (): Option =>
  new Option('--cloud <cloud>', 'local, or a name from clouds.yaml, in place of the one in the file');
