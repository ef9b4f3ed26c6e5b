# frozen_string_literal: true

require 'json'
require 'securerandom'

module PuppetX
  module Groundrule
    module Events
      # What happened, as JSON.
      class Form
        LONGEST = 2000
        OK = 0
        CRITICAL = 2

        def initialize(report)
          @report = report
        end

        # A resource that has changed, was refreshed, or was passed over.
        def archive(status, text)
          event('archive', status.resource, OK, text, extended_data: resource(status))
        end

        # A resource that could not be brought to its state.
        def failure(status)
          failures = status.events.select { |event| event.status == 'failure' }.map { |event| event.message.to_s }
          text = failures.empty? ? 'failed' : failures.join('; ')
          event('status', status.resource, CRITICAL, text, extended_data: resource(status))
        end

        # A resource that failed at an earlier run, and does not now.
        def recovery(name, text)
          event('status', name, OK, text)
        end

        def changes(status)
          changed = status.events.select { |event| event.status == 'success' }
          changed.map { |event| event.message.to_s }.join('; ')
        end

        # The figures of the whole run.
        def metrics
          figures = {}
          @report.raw_summary.each do |group, values|
            next unless values.is_a?(Hash)

            values.each { |name, value| figures["#{group}.#{name}"] = value if number?(value) }
          end
          event('metric', 'puppet.run', OK, "the run is #{@report.status}", metrics: figures, extended_data: run)
        end

        # Whether the whole run went well.
        def state
          failed = @report.status == 'failed'
          event('status', 'puppet', failed ? CRITICAL : OK, "the run is #{@report.status}", extended_data: run)
        end

        private

        def event(type, name, severity, text, more = {})
          now = Time.now
          # The identity is given here, so that what is sent twice is told from what happened twice.
          JSON.generate({ eventid: format('%08x', now.to_i) + SecureRandom.hex(8), name: clean(name), subject: clean(@report.host),
                          origin: 'puppet', type: type, severity: severity, text: clean(text), eventtime: now.to_f.round(6),
                          tags: { environment: clean(@report.environment) } }.merge(more))
        end

        def run
          { environment: clean(@report.environment), configuration_version: clean(@report.configuration_version),
            transaction_uuid: @report.transaction_uuid, status: @report.status, noop: @report.noop,
            corrective_change: @report.corrective_change, puppet_version: @report.puppet_version }
        end

        def resource(status)
          { resource_title: clean(status.title), resource_type: clean(status.resource_type), file: clean(status.file), line: status.line,
            tags: status.tags.map { |tag| clean(tag) }, changed: status.changed, failed: status.failed, skipped: status.skipped,
            restarted: status.restarted ? true : false, failed_to_restart: status.failed_to_restart ? true : false,
            corrective_change: status.corrective_change, evaluation_time: number?(status.evaluation_time) ? status.evaluation_time : nil,
            events: status.events.first(50).map { |event| property(event) },
            environment: clean(@report.environment), configuration_version: clean(@report.configuration_version),
            transaction_uuid: @report.transaction_uuid }
        end

        def property(event)
          value = ->(of) { event.redacted ? '[redacted]' : clean(of) }
          { property: clean(event.property), status: event.status, previous_value: value.call(event.previous_value),
            desired_value: value.call(event.desired_value), message: clean(event.message), corrective_change: event.corrective_change }
        end

        def number?(value)
          value.is_a?(Integer) || (value.is_a?(Float) && value.finite?)
        end

        # Valid text of a bounded length, or nothing.
        def clean(value)
          return nil if value.nil?

          text = value.to_s.dup.force_encoding(Encoding::UTF_8).scrub
          text.length > LONGEST ? "#{text[0, LONGEST]}…" : text
        end
      end
    end
  end
end
