# Build: docker build -t ai-backend .
FROM mcr.microsoft.com/dotnet/sdk:10.0-alpine AS build
WORKDIR /source
COPY global.json NuGet.config Directory.Build.props Directory.Packages.props .editorconfig ./
COPY eng/BannedSymbols.txt eng/
COPY src/ src/
RUN dotnet publish src/AiBackend/AiBackend.csproj -c Release -o /app --locked-mode \
    && mkdir -p /data

FROM mcr.microsoft.com/dotnet/aspnet:10.0-alpine
# Time zones for reports.
RUN apk add --no-cache tzdata
WORKDIR /app
COPY --from=build /app .
COPY --from=build --chown=$APP_UID:$APP_UID /data /data
ENV ASPNETCORE_ENVIRONMENT=Production \
    DATA_DIR=/data \
    PORT=8080
EXPOSE 8080
VOLUME /data
USER $APP_UID
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
  CMD wget -q -O /dev/null http://127.0.0.1:8080/health/ready || exit 1
ENTRYPOINT ["dotnet", "AiBackend.dll"]
