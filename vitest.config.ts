import { defineConfig } from 'vitest/config';

const minutes = (count: number) => count * 60_000;
const needsCluster = ['integration', 'guest', 'e2e', 'openstack', 'openstack/stacks', 'e2e-openstack'].map(
  (folder) => `test/${folder}/*.test.ts`,
);

/** Real clusters share one machine's Incus, addresses and two cores: one file at a time, and no second try. */
const onRealMachines = (name: string, timeoutMs: number, globalSetup: readonly string[] = []) => ({
  test: {
    name,
    globalSetup: [...globalSetup],
    include: [`test/${name}/*.test.ts`],
    fileParallelism: false,
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
    retry: 0,
  },
});

export default defineConfig({
  test: {
    // An OpenStack that a run has started takes longer to stop than the usual 10 s.
    teardownTimeout: minutes(2),
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{src,test,images,examples,scripts,bench}/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...needsCluster],
          // Some start real processes, on machines that do other things too.
          testTimeout: 60_000,
        },
      },
      onRealMachines('integration', minutes(5)),
      onRealMachines('e2e', minutes(15)),
      onRealMachines('guest', minutes(30)),
      onRealMachines('openstack', minutes(30), ['test/openstack/bed-for-this-run.ts']),
      {
        // Each file has a project of its own there, and three quarters of its time is waiting for Heat.
        test: {
          name: 'stacks',
          globalSetup: ['test/openstack/bed-for-this-run.ts'],
          include: ['test/openstack/stacks/*.test.ts'],
          maxWorkers: 2,
          testTimeout: minutes(30),
          hookTimeout: minutes(30),
        },
      },
      onRealMachines('e2e-openstack', minutes(60), ['test/openstack/bed-for-this-run.ts']),
    ],
  },
});
