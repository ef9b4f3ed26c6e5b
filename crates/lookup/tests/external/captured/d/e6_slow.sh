#!/bin/sh
sleep 0.2; echo exec_slow=yes
