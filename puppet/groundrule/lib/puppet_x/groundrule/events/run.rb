# frozen_string_literal: true

require_relative 'failing'
require_relative 'form'
require_relative 'sender'

module PuppetX
  module Groundrule
    module Events
      # One run of Puppet: which events it makes.
      class Run
        def initialize(report, config)
          @report = report
          directory = File.join(Puppet[:vardir], 'groundrule')
          @form = Form.new(report)
          @sender = Sender.new(config, directory)
          @failing = Failing.new(File.join(directory, 'failing.json'))
          @done = false
          @told = {}
        end

        # Puppet tells each resource twice: first an empty place for it, then what came of it.
        def evaluated(status)
          return if @done || status.evaluation_time.nil? || status.resource_type == 'Whit'

          @sender.add(@form.archive(status, @form.changes(status))) if status.changed
          fail(status) if status.failed
        end

        # Refreshes and what was passed over are known only now; then the figures of the whole run.
        def finished
          return if @done

          @done = true
          begin
            ending
          ensure
            @sender.finish
          end
        end

        private

        def ending
          statuses = @report.resource_statuses.values.compact
          statuses.each { |status| later(status) }
          recoveries(statuses)
          @sender.add(@form.metrics)
          @sender.add(@form.state)
        end

        def fail(status)
          return if @told[status.resource]

          @told[status.resource] = true
          @sender.add(@form.failure(status))
        end

        def later(status)
          fail(status) if status.failed || status.failed_to_restart
          if status.restarted
            @sender.add(@form.archive(status, 'refreshed'))
          elsif status.skipped && status.dependency_failed?
            needed = status.failed_dependencies.map(&:to_s).join(', ')
            @sender.add(@form.archive(status, "skipped: #{needed} failed"))
          end
        end

        # Without a catalog nothing is known of any resource.
        def recoveries(statuses)
          return if statuses.empty?

          statuses = statuses.to_h { |status| [status.resource, status] }
          gone = @failing.before.reject { |name| @told[name] || unknown?(statuses[name]) }
          gone.each { |name| @sender.add(@form.recovery(name, statuses[name] ? 'in its state again' : 'no longer managed')) }
          @failing.keep(@told.keys | (@failing.before - gone))
        end

        def unknown?(status)
          status && (status.skipped || status.evaluation_time.nil?)
        end
      end
    end
  end
end
