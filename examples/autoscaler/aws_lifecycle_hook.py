#!/usr/bin/env python3
"""A lifecycle hook for autoscaling:EC2_INSTANCE_TERMINATING: reads the event of EventBridge or SNS on standard
input and prints the call of the AWS command line that answers it.

Both results of such a hook, CONTINUE and ABANDON, let the instance go. So while the gate says no, the hook sends
heartbeats, which keep the instance in Terminating:Wait, and asks again with the next event of its schedule. The node of
an instance is NODE_NAME with its id in the place of {instance} (default: the id itself)."""

import json
import os
import shlex
import sys

from gate import may_terminate

event = json.load(sys.stdin)
detail = event.get("detail", event)
transition = detail["LifecycleTransition"]
if transition != "autoscaling:EC2_INSTANCE_TERMINATING":
    sys.exit("this hook is about instances that are terminated, not about %s" % transition)

instance = detail["EC2InstanceId"]
node = os.environ.get("NODE_NAME", "{instance}").replace("{instance}", instance)
allowed, why = may_terminate([node])
if not allowed:
    print("%s must not go: %s" % (node, why), file=sys.stderr)

call = ["aws", "autoscaling"]
call += ["complete-lifecycle-action", "--lifecycle-action-result", "CONTINUE"] if allowed else ["record-lifecycle-action-heartbeat"]
for option, key in [
    ("--lifecycle-hook-name", "LifecycleHookName"),
    ("--auto-scaling-group-name", "AutoScalingGroupName"),
    ("--lifecycle-action-token", "LifecycleActionToken"),
]:
    call += [option, detail[key]]
print(shlex.join(call))
