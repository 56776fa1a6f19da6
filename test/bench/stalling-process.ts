// Holds its event loop up for a tenth of a second of CPU when it is told to.
process.on("message", (message) => {
  if (message !== "stall") return;
  const used = process.cpuUsage();
  while (process.cpuUsage(used).user < 100_000);
  // The probe looks once the loop is free again.
  setTimeout(() => process.send!("stalled"), 20);
});
process.send!("ready");
// The probe keeps nobody alive, so something else has to.
setInterval(() => {}, 1_000);
