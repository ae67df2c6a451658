#!lua
-- Sets when a case is due, if its log is still at this head.
-- KEYS heads due   ARGV case head due_in
local heads = redis.call('HMGET', KEYS[1], ARGV[1], 'clock')
local head, offset = heads[1], heads[2]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + (offset or 0)
if head == ARGV[2] then
  redis.call('ZADD', KEYS[2], now + ARGV[3], ARGV[1])
end
return { 'done', now }
