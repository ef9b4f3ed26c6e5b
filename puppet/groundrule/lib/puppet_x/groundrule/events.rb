# frozen_string_literal: true

require 'puppet'
require 'puppet/transaction/report'
require_relative 'events/config'
require_relative 'events/run'

module PuppetX
  module Groundrule
    # Events of a run, sent the moment that they happen. Whatever goes wrong here, the run goes on as if this were not there.
    module Events
      # What a report is told, this is told too.
      module Hook
        def add_resource_status(status)
          super.tap { Events.guarded(self) { |run| run.evaluated(status) } }
        end

        def finalize_report
          super.tap { Events.guarded(self, &:finished) }
        end
      end

      class << self
        def install
          report = Puppet::Transaction::Report
          report.prepend(Hook) unless report.ancestors.include?(Hook)
        end

        # Calls the block with the run of this report, if events of it are wanted.
        def guarded(report)
          run = of(report)
          yield run if run
        rescue StandardError, ScriptError => e
          warn_once("events are lost: #{e.class}: #{e.message}")
        end

        def warn_once(message)
          Puppet.warning("groundrule: #{message}") unless @warned == message
          @warned = message
        end

        private

        # Puppet keeps its own directories in order by a catalog of settings, whose report has no transaction.
        def of(report)
          return nil if report.transaction_uuid.nil?

          unless report.equal?(@report)
            @report = report
            @run = nil
            config = Config.load
            @run = Run.new(report, config) if config
          end
          @run
        end
      end
    end
  end
end
