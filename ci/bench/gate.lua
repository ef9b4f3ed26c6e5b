-- The load of ci/bench/gate: asks to terminate one node after the other, and prints what it took as JSON.
local nodes, n = {}, 0
for node in io.lines(os.getenv("GATE_NODES")) do nodes[#nodes + 1] = node end

wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"

request = function()
  n = n + 1
  local node = nodes[n * 7919 % #nodes + 1]
  return wrk.format(nil, nil, nil, string.format('{"action":"terminate","nodes":["%s"],"hold":"%s"}', node, os.getenv("GATE_HOLD")))
end

done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format('{"median": %g, "high": %g, "requests": %d, "seconds": %g, "errors": %d}\n',
    latency:percentile(50) / 1e6, latency:percentile(99) / 1e6, summary.requests, summary.duration / 1e6,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
