/** OCF Resource Agent API 1.1, "Exit codes": those that our agents use. */
export const OCF = {
  success: 0,
  genericError: 1,
  invalidArguments: 2,
  unimplemented: 3,
  insufficientPrivileges: 4,
  notConfigured: 6,
  notRunning: 7,
} as const;
