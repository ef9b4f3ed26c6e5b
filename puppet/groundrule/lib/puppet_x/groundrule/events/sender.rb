# frozen_string_literal: true

require_relative 'destination'
require_relative 'spool'

module PuppetX
  module Groundrule
    module Events
      # Sends events while the run goes on, and what older runs could not send when there is nothing newer. Only at the end does the run
      # wait for it, and never longer than PATIENCE.
      class Sender
        PATIENCE = 2.0
        BATCH = 100
        WAITING = 10_000

        def initialize(config, directory)
          @config = config
          @spool = Spool.new(File.join(directory, 'spool'))
          @lock = Mutex.new
          @changed = ConditionVariable.new
          @waiting = []
          @ending = false
        end

        # Never blocks: what is too much for the memory goes to the spool.
        def add(event)
          @lock.synchronize do
            # The worker has the first of them in its hands.
            @spool.keep(@waiting.pop(WAITING / 2)) if @waiting.length >= WAITING
            @waiting << event
            @changed.signal
          end
          @thread ||= start
        end

        # Sends the rest, within what the run has patience for; keeps what is left, and says so once.
        def finish
          @lock.synchronize do
            @ending = true
            @changed.signal
          end
          @thread&.join(PATIENCE) || @thread&.kill&.join(0.1)
          left = @waiting.dup
          @spool.keep(left)
          return if left.empty?

          Events.warn_once("#{left.length} events could not be sent to #{@config.to} (#{@reason || "no answer within #{PATIENCE} s"}); " \
                           "they are kept in #{@spool.directory} and sent at a later run")
        end

        private

        def start
          Thread.new do
            Thread.current.report_on_exception = false
            pause = 1
            until work
              pause = rest(pause)
            end
          end
        end

        # Whether all is sent, or it was the last attempt.
        def work
          last = @ending
          destination = Destination.to(@config)
          begin
            loop do
              batch = next_batch(destination)
              return true if batch.nil?

              destination.deliver(batch)
              @lock.synchronize { @waiting.shift(batch.length) }
            end
          ensure
            destination.close
          end
        rescue StandardError => e
          @reason = e.message
          last
        end

        # The next events, which stay in the queue until they are sent; none at the end.
        def next_batch(destination)
          loop do
            @lock.synchronize do
              return @waiting.first(BATCH) unless @waiting.empty?
            end
            # Sent outside of the lock, so that the run need not wait for it.
            next if @spool.send_some(destination, BATCH)

            @lock.synchronize do
              return nil if @waiting.empty? && @ending

              @changed.wait(@lock) if @waiting.empty?
            end
          end
        end

        # Waits before the next attempt, but not once the run has ended.
        def rest(pause)
          @lock.synchronize { @changed.wait(@lock, pause) unless @ending }
          [pause * 2, 60].min
        end
      end
    end
  end
end
